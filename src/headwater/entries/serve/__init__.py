"""One server of every entry that listens; it decides nothing."""
