"""Which of the rows that a process holds are gone from their table? It reads no row's content.

Held rows are counted in as many parts as one statement takes, each by its span of ids, and only
the ids of parts that lack some are read. Counting a span of an index costs a database a tenth of
what giving its ids to us does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from headwater.analysis.embeddings import Ids
from headwater.stores.sql.plain_rows import all_rows

PARTS = 64


class Spans(NamedTuple):
    """Statements on a table's ids: how many are in each part, and those of one span."""

    counts: Select[Any]
    ids: Select[Any]


def spans_of(key: ColumnElement[int], *own: ColumnElement[bool]) -> Spans:
    """Return the statements for the rows that a condition names, by their ids."""

    def within(number: object) -> tuple[ColumnElement[bool], ...]:
        return (*own, key > bindparam(f"after_{number}"), key <= bindparam(f"until_{number}"))

    counts = (
        select(func.count(key)).where(*within(number)).scalar_subquery() for number in range(PARTS)
    )
    return Spans(select(*counts), select(key).where(*within("id")).order_by(key))


def gone_of(connection: Connection, spans: Spans, given: Mapping[str, Any], *, held: Ids) -> Ids:
    """Return which of the ids held, ascending, are there no more.

    No id between the first and the last one held may have been added since they were read.
    """
    if not len(held):
        return held
    places = np.linspace(0, len(held), PARTS + 1).astype(np.int64)
    edges = np.concatenate((held[:1] - 1, held))[places].tolist()
    values = dict(given)
    for number in range(PARTS):
        values[f"after_{number}"], values[f"until_{number}"] = edges[number], edges[number + 1]
    [counted] = all_rows(connection, spans.counts, values)
    gone = [held[:0]]
    for number in np.flatnonzero(np.diff(places) != np.asarray(counted)).tolist():
        span = {"after_id": edges[number], "until_id": edges[number + 1]}
        there = [found for (found,) in all_rows(connection, spans.ids, {**given, **span})]
        own = held[places[number] : places[number + 1]]
        gone.append(np.setdiff1d(own, np.array(there, dtype=np.int64), assume_unique=True))
    return np.concatenate(gone)
