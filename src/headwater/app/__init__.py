"""The one door and who stands behind each port."""
