"""How the made-up estate is written, by a writer that is given; it loads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Protocol

from headwater.errors import StoreFault
from headwater.model.history import HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord
from headwater.sources.demo import changes, incidents, topology
from headwater.sources.demo.cast import actors
from headwater.sources.demo.rules import RULES
from headwater.sources.demo.signals import METRICS, samples
from headwater.sources.instants import MICROSECOND

BATCH = 50_000
SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many rows of each kind a demo estate has, and where it is."""

    folder: Path
    items: int
    relations: int
    samples: int
    history: int
    rules: int


class RecordWriter(Protocol):
    """What a made-up estate needs of a format: a bundle's writer has it."""

    folder: Path

    def items(self, batch: Sequence[ItemRecord]) -> None:
        """Write items."""
        ...

    def relations(self, batch: Sequence[RelationRecord]) -> None:
        """Write relations."""
        ...

    def metrics(self, batch: Sequence[MetricRecord]) -> None:
        """Write metrics."""
        ...

    def samples(self, batch: Sequence[SampleRecord]) -> None:
        """Write samples."""
        ...

    def history(self, batch: Sequence[HistoryRecord]) -> None:
        """Write history entries."""
        ...

    def rules(self, batch: Sequence[RuleRecord]) -> None:
        """Write rules."""
        ...

    def save(self) -> object:
        """Make what was written take effect at once."""
        ...

    def discard(self) -> None:
        """Drop what was not saved."""
        ...


def write_demo(writer: RecordWriter, *, now: datetime, seed: int = SEED) -> Written:
    """Write two weeks of a made-up shop as a bundle; the last sample is at most 5 min before `now`.

    The same seed and moment give the same bytes. `incidents.json` and `incidents.md` beside the
    bundle tell what went wrong and why; no load reads them. It blocks for a few seconds.

    Raises:
        StoreFault: `export.unwritable`.
    """
    end = now - now.microsecond * MICROSECOND
    cast = actors()
    try:
        every = list(topology.items(cast)), list(topology.relations(cast))
        writer.items(every[0])
        writer.relations(every[1])
        writer.metrics(METRICS)
        count = sum(_write(writer, batch) for batch in _batches(samples(cast, end, seed=seed)))
        past = [*changes.history(cast, end, seed=seed), *incidents.history(end)]
        writer.history(sorted(past, key=lambda one: (one.at, one.ci, one.title)))
        writer.rules(RULES)
        writer.save()
    except BaseException:
        writer.discard()
        raise
    _tell_incidents(writer.folder, end)
    return Written(
        folder=writer.folder,
        items=len(every[0]),
        relations=len(every[1]),
        samples=count,
        history=len(past),
        rules=len(RULES),
    )


def _batches(every: Iterator[SampleRecord]) -> Iterator[list[SampleRecord]]:
    while batch := list(islice(every, BATCH)):
        yield batch


def _write(writer: RecordWriter, batch: list[SampleRecord]) -> int:
    writer.samples(batch)
    return len(batch)


def _tell_incidents(folder: Path, now: datetime) -> None:
    told = [
        {
            "incident": one.code,
            "title": one.title,
            "symptom": one.symptom,
            "cause": one.cause,
            "why": one.why,
            "start": (now - one.start).isoformat(),
            "end": None if one.end is None else (now - one.end).isoformat(),
            "triggered_by": {
                "kind": one.trigger[0],
                "at": (now - one.trigger[1]).isoformat(),
                "title": one.trigger[2],
            },
            "affected": sorted({effect.ci for effect in one.effects}),
        }
        for one in incidents.INCIDENTS
    ]
    text = ["# What went wrong, and why", ""]
    for each in told:
        span = f"From {each['start']} to {each['end'] or 'now'}"
        seen = f"seen at `{each['symptom']}`, caused by `{each['cause']}`"
        text += [f"## {each['incident']} {each['title']}", "", f"{span}, {seen}.", ""]
        text += [str(each["why"]), ""]
    try:
        (folder / "incidents.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        (folder / "incidents.md").write_text("\n".join(text), encoding="utf-8")
    except OSError as error:
        message = f"{folder}: cannot be written ({error.strerror}); name a folder that can"
        raise StoreFault(message, code="export.unwritable", retry_safe=False) from error
