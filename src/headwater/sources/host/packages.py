"""What dpkg's log says was installed, upgraded and removed; without a log, nothing."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from headwater.model.history import HistoryRecord

LOGS = Path("/var/log")
MAX_ENTRIES = 20_000
MAX_LINES = 2_000_000
_VERBS = {"install": "installed", "upgrade": "upgraded", "remove": "removed", "purge": "purged"}
WORDS = 6


def package_history(host: str, logs: Path = LOGS) -> list[HistoryRecord]:
    """Return what happened to packages, oldest first, at most the newest 20,000 entries.

    Args:
        host: The code of the host's item.
        logs: The folder of `dpkg.log` and its rotated, perhaps packed, older parts.
    """
    found: dict[tuple[datetime, str], HistoryRecord] = {}
    for path in sorted(logs.glob("dpkg.log*")):
        try:
            for record in _records(host, _lines(path)):
                found.setdefault((record.at, record.title), record)
        except (OSError, EOFError, zlib.error):
            continue  # unreadable to us, or cut off: the other parts still count
    return sorted(found.values(), key=lambda one: (one.at, one.title))[-MAX_ENTRIES:]


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as unpacked:
        file = unpacked if path.suffix == ".gz" else raw
        for line in islice(file, MAX_LINES):
            yield line.decode(errors="replace")


def _records(host: str, lines: Iterable[str]) -> Iterator[HistoryRecord]:
    for line in lines:
        words = line.split()
        if len(words) == WORDS and words[2] in _VERBS:
            record = _record(host, words)
            if record is not None:
                yield record


def _record(host: str, words: list[str]) -> HistoryRecord | None:
    day, time, verb, package, before, after = words
    try:
        local = datetime.fromisoformat(f"{day} {time}")
        at = local.astimezone(UTC)  # the log is written in the host's own zone
    except (ValueError, OverflowError, OSError):
        return None
    name, _, architecture = package.partition(":")
    version = before if verb in {"remove", "purge"} else after
    change = f"{before} to {after}" if verb == "upgrade" else version
    return HistoryRecord(
        ci=host,
        kind="change",
        at=at,
        severity="info",
        title=f"{_VERBS[verb]} {name} {change}"[:256],
        actor="dpkg",
        attributes={
            "action": verb,
            "package": name,
            "architecture": architecture or None,
            "version": None if version == "<none>" else version,
        },
    )
