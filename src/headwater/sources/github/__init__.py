"""GitHub, and GitHub Enterprise, as a host of code: read, imported, listened to."""
