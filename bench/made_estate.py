"""The estate that is measured on: made up from a seed, written as bundles; it loads nothing.

Item n is `ci-0000001` and so on. Every twenty items share one word, so that a search finds as many
in a small estate as in a large one, and every item has three relations to items at random.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20
START = datetime(2026, 11, 1, tzinfo=UTC)
TYPES = ("service", "server", "database", "queue", "switch", "firewall", "volume", "cluster")
STATUSES = ("active", "active", "active", "maintenance", "retired")
CRITICALITIES = ("low", "medium", "high")
OWNERS = tuple(f"team-{number:02d}" for number in range(50))
LOCATIONS = tuple(f"hall-{number:02d}" for number in range(40))
RELATIONS = ("depends_on", "runs_on", "connected_to", "uses")
METRICS = ("cpu", "latency")
GROUP = 20
STEP_S = 60
KINDS = ("change", "deployment", "event", "incident")
SEVERITIES = ("info", "low", "medium", "high", "critical")
DAYS = 7


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; each measured item has `points` samples of each metric."""

    items: int
    measured: int
    points: int
    entries: int

    @property
    def relations(self) -> int:
        """Count the relations."""
        return 3 * self.items

    @property
    def samples(self) -> int:
        """Count the samples."""
        return self.measured * len(METRICS) * self.points


FULL = Size(items=100_000, measured=2_500, points=1_000, entries=100_000)
QUICK = Size(items=10_000, measured=250, points=1_000, entries=10_000)
MILLION = Size(items=1_000_000, measured=0, points=0, entries=0)


def code_of(number: int) -> str:
    """Return an item's code."""
    return f"ci-{number:07d}"


def word_of(group: int) -> str:
    """Return the word that the items of one group share, and no other begins with."""
    return f"grp{group:07d}"


def item_rows(size: Size) -> Iterator[dict[str, object]]:
    """Give the items as a bundle has them."""
    dice = random.Random(SEED)
    for number in range(1, size.items + 1):
        yield {
            "code": code_of(number),
            "name": f"{word_of(number // GROUP)} node {number}",
            "type": dice.choice(TYPES),
            "status": dice.choice(STATUSES),
            "criticality": dice.choice(CRITICALITIES),
            "owner": dice.choice(OWNERS),
            "location": dice.choice(LOCATIONS),
            "tags": {"env": "prod" if number % 3 else "test", "tier": str(number % 4)},
            "attributes": {"serial": f"S{number:09d}", "cores": number % 64},
        }


def relation_rows(size: Size) -> Iterator[tuple[int, int, str]]:
    """Give `(source, target, type)` by number, each once."""
    dice = random.Random(SEED + 1)
    for number in range(1, size.items + 1):
        targets: set[int] = {number}
        while len(targets) < 4:
            targets.add(dice.randint(1, size.items))
        for target in sorted(targets - {number}):
            yield number, target, dice.choice(RELATIONS)


def sample_rows(size: Size) -> Iterator[tuple[str, int, int, float]]:
    """Give `(metric, item, at in seconds, value)`, series by series, in order of time."""
    dice = random.Random(SEED + 2)
    first_s = int(START.timestamp())
    for number in range(1, size.measured + 1):
        for metric in METRICS:
            for point in range(size.points):
                yield metric, number, first_s + point * STEP_S, round(dice.random() * 100, 2)


def history_rows(size: Size) -> Iterator[dict[str, object]]:
    """Give the history entries as a bundle has them."""
    dice = random.Random(SEED + 3)
    for number in range(size.entries):
        at = START + timedelta(seconds=dice.randrange(DAYS * 86_400))
        yield {
            "ci": code_of(dice.randint(1, size.items)),
            "kind": dice.choice(KINDS),
            "at": at.isoformat(),
            "severity": dice.choice(SEVERITIES),
            "title": f"entry {number}",
        }


def write_bundle(folder: Path, size: Size) -> None:
    """Write a bundle of one folder for each part, so that each can be loaded by itself."""
    _write_lines(folder / "items/items.jsonl", (json.dumps(row) for row in item_rows(size)))
    _write_lines(
        folder / "relations/relations.jsonl",
        (
            f'{{"source": "{code_of(one)}", "target": "{code_of(other)}", "type": "{kind}"}}'
            for one, other, kind in relation_rows(size)
        ),
    )
    metrics = ({"name": name, "unit": "percent", "kind": "gauge"} for name in METRICS)
    _write_lines(folder / "metrics/metrics.jsonl", (json.dumps(row) for row in metrics))
    if size.samples:
        lines = (
            f"{metric},{code_of(number)},{at_s},{value}"
            for metric, number, at_s, value in sample_rows(size)
        )
        _write_lines(folder / "samples/samples.csv", lines, head="metric,ci,at,value\n")
    if size.entries:
        rows = (json.dumps(row) for row in history_rows(size))
        _write_lines(folder / "history/history.jsonl", rows)


def _write_lines(file: Path, lines: Iterator[str], *, head: str = "") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as written:
        written.write(head)
        written.writelines(f"{line}\n" for line in lines)
