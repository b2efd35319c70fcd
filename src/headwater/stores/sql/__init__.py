"""An estate in a SQL database."""
