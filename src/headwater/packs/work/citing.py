"""How the tools of work say where a value came from, and what their names stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from headwater.analysis.work_refusals import unknown
from headwater.model.activity import Activity, Written
from headwater.model.evidence import Evidence
from headwater.model.item import ItemName, ItemRef
from headwater.model.principal import Principal
from headwater.model.project import Project
from headwater.model.session import Session
from headwater.model.team import Invitation, Team, TeamView
from headwater.model.work_item import Dependency, WorkItem
from headwater.packs.citing import MAX_RECORDS
from headwater.packs.naming import find_named
from headwater.ports.documents import Documents
from headwater.ports.inventory import Inventory
from headwater.ports.rooms import Rooms
from headwater.toolkit.cited import Cited

ValueT = TypeVar("ValueT")
NOUNS: dict[type, str] = {
    Team: "team",
    TeamView: "team",
    Invitation: "invitation",
    Project: "project",
    WorkItem: "item",
    Session: "session",
}
Shown = Team | TeamView | Invitation | Project | WorkItem | Session | Activity | Dependency


def cited(
    value: ValueT,
    read: Iterable[Shown],
    *,
    unit: str,
    query: str,
    count: int | None = None,
    truncated: bool = False,
) -> Cited[ValueT]:
    """Return a value with evidence: what was asked, how much was read, the first few by name."""
    names = [_named(one) for one in read]
    evidence = Evidence(
        source="work",
        count=len(names) if count is None else count,
        unit=unit,
        records=tuple(names[:MAX_RECORDS]),
        query=query,
        truncated=truncated,
    )
    return Cited(value, (evidence,))


async def told(
    written: Written[ValueT], *, unit: str, query: str, rooms: Rooms, principal: Principal
) -> Cited[ValueT]:
    """Tell the rooms what was done, and return what it gave."""
    await rooms.tell(written.activities, principal=principal)
    kinds = [f"{one.kind} {one.object_id}" for one in written.activities[:MAX_RECORDS]]
    evidence = Evidence(
        source="work",
        count=max(len(written.activities), 1),  # what nothing was done to is shown all the same
        unit="changes",
        records=tuple(kinds),
        query=f"{query} ({unit})",
    )
    return Cited(written.value, (evidence,))


async def find_about(
    refs: Sequence[ItemRef], *, inventory: Inventory, principal: Principal
) -> tuple[int, ...]:
    """Return the ids of configuration items.

    Raises:
        UsageError: `work.unknown`, one of them is not in the estate.
    """
    named = await find_named(refs, inventory=inventory, principal=principal)
    for one in named.unknown:
        raise unknown("configuration item", one)
    return named.ids


async def find_ci(ref: ItemRef, *, inventory: Inventory, principal: Principal) -> ItemName:
    """Return a configuration item by its names.

    Raises:
        UsageError: `work.unknown`.
    """
    item = await inventory.get(ref, principal=principal)
    if item is None:
        raise unknown("configuration item", ref)
    return ItemName(item.id, item.code, item.name)


async def check_documents(
    ids: Sequence[int], *, documents: Documents, principal: Principal
) -> tuple[int, ...]:
    """Return ids of documents that are there.

    Raises:
        UsageError: `work.unknown`.
    """
    for one in dict.fromkeys(ids):
        if await documents.get(one, principal=principal) is None:
            raise unknown("document", one)
    return tuple(ids)


def _named(one: Shown) -> str:
    if isinstance(one, Activity):
        return f"activity {one.seq} {one.kind}"
    if isinstance(one, Dependency):
        return f"{one.source} {one.type} {one.target}"
    noun = NOUNS[type(one)]
    title = getattr(one, "title", getattr(one, "goal", getattr(one, "name", "")))
    return f"{noun} {one.id} {title}".rstrip()
