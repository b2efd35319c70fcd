"""Documents: what a file says, and which passages it has."""
