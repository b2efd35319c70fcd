"""The tools over the relations between items."""
