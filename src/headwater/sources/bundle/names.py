"""Which files a bundle is made of; it opens none."""

from __future__ import annotations

ITEMS = "items.jsonl"
RELATIONS = "relations.jsonl"
METRICS = "metrics.jsonl"
SAMPLES = "samples.csv"
SAMPLES_GZ = "samples.csv.gz"
HISTORY = "history.jsonl"
RULES = "rules.jsonl"

FILES = (ITEMS, RELATIONS, METRICS, SAMPLES, SAMPLES_GZ, HISTORY, RULES)
"""Every name that a bundle may hold, in the order in which they are loaded."""
