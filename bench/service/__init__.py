"""The service under load from another process, beside the blocking ways of doing the same."""
