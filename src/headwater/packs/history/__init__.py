"""The tools over what happened to items."""
