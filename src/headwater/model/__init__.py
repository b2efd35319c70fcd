"""The frozen data of asking and of the estate; nothing here does anything."""
