"""What a scan has found so far, each item and relation once; it looks at nothing itself."""

from __future__ import annotations

import re
from typing import Any

from headwater.model.history import HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.model.relation import RelationRecord

SOURCE = "host"
MAX_NAME = 256
_BROKEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class Findings:
    """Items by code, relations by their ends and type, metrics, samples and history of a scan."""

    def __init__(self) -> None:
        self.items: dict[str, ItemRecord] = {}
        self.relations: dict[tuple[str, str, str], RelationRecord] = {}
        self.metrics: dict[str, MetricRecord] = {}
        self.samples: list[SampleRecord] = []
        self.history: list[HistoryRecord] = []

    def item(self, code: str, name: str, type_: str, **columns: Any) -> str:
        """Add an item, unless its code is there, and return its code."""
        clean = one_line(code)
        about = {
            key: value
            for key, value in (columns.pop("attributes", None) or {}).items()
            if value is not None
        }
        if clean not in self.items:
            self.items[clean] = ItemRecord(
                code=clean,
                name=one_line(name),
                type=type_,
                attributes=about,
                source=SOURCE,
                source_key=clean,
                **columns,
            )
        return clean

    def relate(self, source: str, type_: str, target: str, **attributes: Any) -> None:
        """Add a relation, unless it is there, between items that are."""
        if source in self.items and target in self.items:
            record = RelationRecord(source=source, target=target, type=type_, attributes=attributes)
            self.relations.setdefault((source, type_, target), record)

    def sample(self, metric: MetricRecord, ci: str, at_us: int, *, value: float) -> None:
        """Add a sample, and its metric."""
        self.metrics[metric.name] = metric
        self.samples.append((metric.name, ci, at_us, float(value)))


def one_line(text: str) -> str:
    """Return text without what no database keeps, at most 256 characters and never empty."""
    return " ".join(_BROKEN.sub("\ufffd", text).split())[:MAX_NAME] or "?"
