"""What is in a NetBox dump, by model and key; it gives no meaning to any model."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from headwater.errors import UsageError

NETBOX_SUFFIXES = (".json", ".json.gz")
MAX_BYTES = 1 << 30
Fields = Mapping[str, Any]
NOTHING: Fields = {}


@dataclass(frozen=True, slots=True)
class Ref:
    """One object of the dump: its model, such as `dcim.device`, and its key there."""

    model: str
    pk: int | str


@dataclass(slots=True)
class Dump:
    """The objects of a dump by model and key, and the entries that are none."""

    path: Path
    models: dict[str, dict[int | str, Fields]] = field(default_factory=dict)
    places: dict[Ref, int] = field(default_factory=dict)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def all(self, model: str) -> Iterator[tuple[Ref, Fields]]:
        """Give the objects of a model in the order of the dump."""
        for pk, fields in self.models.get(model, {}).items():
            yield Ref(model, pk), fields

    def get(self, ref: Ref | None) -> Fields:
        """Return an object's fields; none where it is not in the dump."""
        return NOTHING if ref is None else self.models.get(ref.model, {}).get(ref.pk, NOTHING)

    def refer(self, model: str, pk: object) -> Ref | None:
        """Return a reference to an object if it is in the dump."""
        if isinstance(pk, int | str) and pk in self.models.get(model, {}):
            return Ref(model, pk)
        return None

    def generic(self, content_type: object, pk: object) -> Ref | None:
        """Return what a generic key refers to: `["dcim", "site"]` or `"dcim.site"`, and a key."""
        if isinstance(content_type, list) and len(content_type) == 2:  # noqa: PLR2004 - app, model
            content_type = ".".join(map(str, content_type))
        return self.refer(content_type, pk) if isinstance(content_type, str) else None


@contextmanager
def open_dump(path: Path) -> Iterator[TextIO]:
    """Open a dump, packed or not, as text.

    Raises:
        UsageError: `load.unreadable`, also for what goes wrong while it is open.
    """
    try:
        with path.open("rb") as raw:
            plain = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            with io.TextIOWrapper(plain, encoding="utf-8-sig") as text:
                yield text
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{path}: cannot be read ({reason}); give a whole, readable file in UTF-8"
        raise UsageError(message, code="load.unreadable") from error


def read_dump(path: Path) -> Dump:
    """Return a dump by model and key. It is held in memory, since everything refers to everything.

    Raises:
        UsageError: `load.unreadable`, `load.empty`, `load.not_json`, `load.unknown_shape` or
            `load.too_large` (over 1 GiB).
    """
    with open_dump(path) as file:
        text = file.read(MAX_BYTES)
        if file.read(1):
            message = f"{path}: over {MAX_BYTES:,} characters; dump fewer models at once"
            raise UsageError(message, code="load.too_large")
    if not text.strip():
        message = f"{path}: the file is empty; give a NetBox dump"
        raise UsageError(message, code="load.empty")
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{path}: not JSON ({str(error)[:200]}); give a NetBox dump"
        raise UsageError(message, code="load.not_json") from error
    if not isinstance(entries, list) or (entries and not any(map(_is_object, entries))):
        message = (
            f'{path}: JSON of another shape; a NetBox dump is a list of {{"model", "pk", "fields"}}'
        )
        raise UsageError(message, code="load.unknown_shape")
    return _indexed(path, entries)


def _indexed(path: Path, entries: list[Any]) -> Dump:
    dump = Dump(path)
    for number, entry in enumerate(entries, 1):
        if not _is_object(entry):
            dump.bad.append((number, 'an entry must have "model", "pk" and "fields"'))
            continue
        ref = Ref(entry["model"].lower(), entry["pk"])
        if ref in dump.places:
            dump.bad.append((number, f"{ref.model} {ref.pk} is there twice"))
            continue
        dump.places[ref] = number
        dump.models.setdefault(ref.model, {})[ref.pk] = entry["fields"]
    return dump


def _is_object(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("model"), str)
        and isinstance(entry.get("pk"), int | str)
        and isinstance(entry.get("fields"), dict)
    )
