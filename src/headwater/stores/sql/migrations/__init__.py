"""How a database's tables became what they are, one file a revision."""
