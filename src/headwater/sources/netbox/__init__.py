"""Read NetBox's own dump: a JSON list of objects as Django writes it."""
