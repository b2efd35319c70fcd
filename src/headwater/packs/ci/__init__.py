"""The tools over configuration items."""
