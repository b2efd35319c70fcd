"""The tools over the estate as a whole."""
