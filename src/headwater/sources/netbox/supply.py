"""What a NetBox dump supplies: items and relations; it loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from headwater.model.item import ItemRecord
from headwater.model.load import Part, Rows, Supply
from headwater.model.relation import RelationRecord
from headwater.sources.netbox.addresses import containments
from headwater.sources.netbox.cables import cables
from headwater.sources.netbox.dump import Dump, read_dump
from headwater.sources.netbox.items import SOURCE, item_of
from headwater.sources.netbox.links import labels_of, links
from headwater.sources.netbox.naming import codes_of


def netbox_supply(path: Path) -> Supply:
    """Return what a dump supplies, with the entry's place in the list as its line. It blocks.

    Raises:
        UsageError: see `read_dump`.
    """
    dump = read_dump(path)
    size_bytes = path.stat().st_size
    translation = Translation(dump)
    return Supply(
        source=SOURCE,
        scope=(SOURCE,),
        items=Part(file=path.name, size_bytes=size_bytes, records=translation.items),
        relations=Part(file=path.name, size_bytes=0, records=translation.relations),
    )


class Translation:
    """A dump's items and relations, by one set of codes."""

    def __init__(self, dump: Dump) -> None:
        self._dump = dump
        self._codes = codes_of(dump)

    def items(self, rows: Rows[ItemRecord]) -> Iterator[tuple[int, ItemRecord]]:
        """Give the items in the order of the dump's kinds, after saying which entries are bad."""
        for place, reason in self._dump.bad:
            rows.bad(place, reason)
        labels = labels_of(self._dump)
        for ref, code in self._codes.items():
            yield self._dump.places[ref], item_of(self._dump, ref, code, labels=labels)
        rows.read_bytes = self._dump.path.stat().st_size

    def relations(self, _: Rows[RelationRecord]) -> Iterator[tuple[int, RelationRecord]]:
        """Give the relations, each once."""
        seen: set[tuple[str, str, str, object]] = set()
        for joined in chain(links(self._dump), cables(self._dump), containments(self._dump)):
            source, target = self._codes[joined.source], self._codes[joined.target]
            key = (source, target, joined.type, joined.attributes.get("key"))
            if key not in seen:
                seen.add(key)
                record = RelationRecord(
                    source=source, target=target, type=joined.type, attributes=joined.attributes
                )
                yield self._dump.places[joined.said_by], record
