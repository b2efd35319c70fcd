"""Which passages do the words and the meaning of a query find, each in its own time? It ranks none.

The lanes run at the same time. One that fails or is late leaves the others' finds as they are, and
says so in its report.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import anyio

from headwater.errors import DeadlineExceeded, HeadwaterError
from headwater.model.document import EVERYTHING, PassageFilter, PassageScore
from headwater.model.principal import Principal
from headwater.ports.documents import Documents
from headwater.ports.embedder import Embedder
from headwater.ports.vectors import Vectors

SHARE = 0.6
"""What a lane may take of the time that there is; the rest is for reading what it found."""
KEYWORD, VECTOR, NAME = "keyword", "vector", "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What stands behind the tools of documents, and who asks."""

    documents: Documents
    vectors: Vectors
    embedder: Embedder
    principal: Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneReport:
    """How a lane ended: how many passages it found, or why it is missing."""

    lane: str
    status: Literal["succeeded", "failed", "late"]
    found: int = 0
    code: str | None = None
    message: str | None = None


@dataclass(slots=True)
class Lanes:
    """What each lane found, best first, and how it ended."""

    found: dict[str, list[PassageScore]] = field(default_factory=dict)
    reports: list[LaneReport] = field(default_factory=list)
    errors: list[HeadwaterError] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Tell whether no lane is missing: else another try may find more."""
        return all(one.status == "succeeded" for one in self.reports)

    @property
    def gap(self) -> str:
        """Say which lanes are missing, for evidence; empty where none is."""
        missing = [f"{one.lane} {one.status}" for one in self.reports if one.status != "succeeded"]
        return f"; without: {', '.join(missing)}" if missing else ""


async def ask_lanes(
    query: str, *, shelf: Shelf, within: PassageFilter = EVERYTHING, limit: int
) -> Lanes:
    """Return what the lanes found, at most `limit` passages each.

    Raises:
        HeadwaterError: the first lane's error where none succeeded.
    """

    async def by_words() -> list[PassageScore]:
        return await shelf.documents.search(
            query, limit=limit, within=within, principal=shelf.principal
        )

    async def by_meaning() -> list[PassageScore]:
        vectors = await shelf.embedder.embed([query], principal=shelf.principal)
        return await shelf.vectors.search(
            vectors[0],
            model=shelf.embedder.model,
            limit=limit,
            within=within,
            principal=shelf.principal,
        )

    lanes = await _at_once({KEYWORD: by_words, VECTOR: by_meaning})
    if not lanes.found:
        raise lanes.errors[0] if lanes.errors else _all_late()
    return lanes


async def _at_once(
    asked: Mapping[str, Callable[[], Awaitable[list[PassageScore]]]],
) -> Lanes:
    now = anyio.current_time()
    until = now + SHARE * (anyio.current_effective_deadline() - now)
    lanes = Lanes()

    async def one_lane(name: str) -> None:
        lane = asked[name]
        try:
            with anyio.CancelScope(deadline=until) as in_time:
                lanes.found[name] = await lane()
        except HeadwaterError as error:
            lanes.errors.append(error)
            lanes.reports.append(
                LaneReport(lane=name, status="failed", code=error.code, message=error.message)
            )
            return
        if in_time.cancelled_caught:
            lanes.reports.append(LaneReport(lane=name, status="late", code="limit.deadline"))
        else:
            lanes.reports.append(
                LaneReport(lane=name, status="succeeded", found=len(lanes.found[name]))
            )

    async with anyio.create_task_group() as group:
        for name in asked:
            group.start_soon(one_lane, name, name=name)
    lanes.reports.sort(key=lambda one: one.lane)
    return lanes


def _all_late() -> DeadlineExceeded:
    message = "knowledge: neither words nor vectors were searched in the time there was"
    return DeadlineExceeded(message, code="limit.deadline", retry_safe=True)
