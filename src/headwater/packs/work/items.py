"""Items of work: made, changed, moved, tied to each other; where one stopped is `resuming.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, cast

from pydantic import Field

from headwater.model.principal import Principal
from headwater.model.project import Project
from headwater.model.work_item import (
    OPEN,
    Dependency,
    WorkItem,
    WorkItemChanges,
    WorkItemDraft,
    WorkItemPage,
    WorkItemQuery,
    WorkKind,
    WorkStatus,
)
from headwater.packs.arguments import Cursor, Ref, Text
from headwater.packs.citing import told as shown
from headwater.packs.work import arguments as given
from headwater.packs.work.arguments import (
    About,
    ItemFields,
    Kinds,
    Limit,
    Line,
    Name,
    Number,
    Person,
    Priority,
    Prose,
    Runs,
    Statuses,
    Type,
    Version,
)
from headwater.packs.work.citing import check_documents, cited, find_about, find_ci, told
from headwater.ports.documents import Documents
from headwater.ports.inventory import Inventory
from headwater.ports.rooms import Rooms
from headwater.ports.work_items import WorkItems
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What an item is source or target of."""

    dependencies: list[Dependency]
    total: int


@tool(
    name="work.create_item",
    description="Make an item of work: a feature, todo, incident or idea.",
    role="operator",
    personal=True,
)
async def create_item(  # noqa: PLR0913 - a tool's parameters are its arguments
    project: Number,
    kind: WorkKind,
    title: Name,
    *,
    parent: Number | None = None,
    description: Prose | None = None,
    status: WorkStatus = "new",
    priority: Priority = 2,
    assignee: Person | None = None,
    due: date | None = None,
    blocker: Line | None = None,
    items: About = (),
    runs: Runs = (),
    documents: given.Documents = (),
    issue: Text | None = None,
    pull_request: Text | None = None,
    work_items: WorkItems,
    inventory: Inventory,
    library: Documents,
    rooms: Rooms,
    principal: Principal,
) -> Cited[WorkItem]:
    """Make an item, part of another where a parent is named."""
    about = await find_about(items, inventory=inventory, principal=principal)
    known = await check_documents(documents, documents=library, principal=principal)
    draft = WorkItemDraft(
        kind=kind, title=title, parent=parent, description=description, status=status,
        priority=priority, assignee=assignee, due=due, blocker=blocker, items=about,
        runs=tuple(runs), documents=known, issue=issue, pull_request=pull_request,
    )  # fmt: skip
    written = await work_items.create(project, draft, principal=principal)
    return await told(
        written, unit="items", query=f"make {kind} {title}", rooms=rooms, principal=principal
    )


@tool(
    name="work.items",
    description="List the items of work that you see, by priority.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def list_items(  # noqa: PLR0913 - a tool's parameters are its arguments
    *,
    project: Number | None = None,
    status: Statuses = (),
    kind: Kinds = (),
    assignee: Person | None = None,
    parent: Number | None = None,
    ci: Annotated[Ref | None, Field(description="Itself or its project is about this.")] = None,
    text: Annotated[Text | None, Field(description="Part of the title.")] = None,
    open_only: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    work_items: WorkItems,
    inventory: Inventory,
    principal: Principal,
) -> Cited[WorkItemPage]:
    """Give a page of the items that match; open are those new, under way or blocked."""
    about = None if ci is None else await find_ci(ci, inventory=inventory, principal=principal)
    wanted = _wanted(status, open_only=open_only)
    query = WorkItemQuery(
        project=project, statuses=wanted, kinds=tuple(kind), assignee=assignee, parent=parent,
        ci=None if about is None else about.id, text=text, limit=limit, cursor=cursor,
    )  # fmt: skip
    page = WorkItemPage(items=[], total=0)
    if wanted or not open_only:
        page = await work_items.page(query, principal=principal)
    words = shown(
        "items", of_project=project, status=list(wanted), kind=list(kind), of=assignee,
        below=parent, about=ci, with_text=text,
    )  # fmt: skip
    cut = page.next_cursor is not None
    return cited(page, page.items, unit="items", query=words, count=page.total, truncated=cut)


def _wanted(status: Sequence[WorkStatus], *, open_only: bool) -> tuple[WorkStatus, ...]:
    """Return the statuses asked for: of those the open ones where only these are."""
    if not open_only:
        return tuple(status)
    return tuple(one for one in OPEN if not status or one in status)


@tool(
    name="work.item",
    description="Give an item of work.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def get_item(item: Number, *, work_items: WorkItems, principal: Principal) -> Cited[WorkItem]:
    """Give an item with its progress."""
    found = await work_items.find(item, principal=principal)
    return cited(found, [found], unit="items", query=f"item {item}")


@tool(
    name="work.update_item", description="Change an item of work.", role="operator", personal=True
)
async def update_item(
    item: Number,
    version: Version,
    changes: ItemFields,
    *,
    work_items: WorkItems,
    inventory: Inventory,
    library: Documents,
    rooms: Rooms,
    principal: Principal,
) -> Cited[WorkItem]:
    """Change an item that is still at the version given."""
    fields: dict[str, Any] = changes.model_dump(exclude_unset=True)
    if fields.get("items"):
        refs = fields["items"]
        fields["items"] = await find_about(refs, inventory=inventory, principal=principal)
    if fields.get("documents"):
        ids = fields["documents"]
        fields["documents"] = await check_documents(ids, documents=library, principal=principal)
    written = await work_items.update(
        item, version=version, changes=cast("WorkItemChanges", fields), principal=principal
    )
    return await told(
        written, unit="items", query=f"change item {item}", rooms=rooms, principal=principal
    )


@tool(
    name="work.move_item",
    description="Make an item of work part of another of its project, or of none.",
    role="operator",
    personal=True,
)
async def move_item(
    item: Number,
    version: Version,
    *,
    parent: Number | None,
    work_items: WorkItems,
    rooms: Rooms,
    principal: Principal,
) -> Cited[WorkItem]:
    """Move an item that is still at the version given, with all that is part of it."""
    written = await work_items.move(item, version=version, parent=parent, principal=principal)
    return await told(
        written, unit="items", query=f"move item {item}", rooms=rooms, principal=principal
    )


@tool(
    name="work.delete_item",
    description="Delete an item of work with all that is part of it.",
    role="operator",
    personal=True,
)
async def delete_item(
    item: Number, version: Version, *, work_items: WorkItems, rooms: Rooms, principal: Principal
) -> Cited[WorkItem]:
    """Delete an item that is still at the version given; give what it was."""
    written = await work_items.delete(item, version=version, principal=principal)
    return await told(
        written, unit="items", query=f"delete item {item}", rooms=rooms, principal=principal
    )


@tool(
    name="work.promote_idea",
    description="Make a project of an idea, once.",
    role="operator",
    personal=True,
)
async def promote_idea(
    item: Number, version: Version, *, work_items: WorkItems, rooms: Rooms, principal: Principal
) -> Cited[Project]:
    """Make a project of the idea's team, called as the idea and about the same."""
    written = await work_items.promote(item, version=version, principal=principal)
    return await told(
        written, unit="projects", query=f"promote idea {item}", rooms=rooms, principal=principal
    )


@tool(
    name="work.depend",
    description="Say that an item of work blocks, requires or is related to another.",
    role="operator",
    personal=True,
)
async def depend(
    item: Number,
    on: Number,
    type: Type,  # noqa: A002 - what it is called everywhere
    *,
    work_items: WorkItems,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Dependency]:
    """Tie two items of a project; what would wait for itself, however far round, is refused."""
    written = await work_items.depend(item, on, kind=type, principal=principal)
    return await told(
        written, unit="dependencies", query=f"item {item} {type} {on}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.undepend",
    description="Take back that an item of work blocks, requires or is related to another.",
    role="operator",
    personal=True,
)
async def undepend(
    item: Number,
    on: Number,
    type: Type,  # noqa: A002 - what it is called everywhere
    *,
    work_items: WorkItems,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Dependency]:
    """Untie two items."""
    written = await work_items.undepend(item, on, kind=type, principal=principal)
    return await told(
        written, unit="dependencies", query=f"item {item} no more {type} {on}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.dependencies",
    description="Give what an item of work is source or target of.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def dependencies(
    item: Number, *, work_items: WorkItems, principal: Principal
) -> Cited[Dependencies]:
    """Give an item's dependencies, by type."""
    found = await work_items.dependencies(item, principal=principal)
    value = Dependencies(dependencies=found, total=len(found))
    return cited(value, found, unit="dependencies", query=f"dependencies of item {item}")
