"""The tools over metrics and their samples."""
