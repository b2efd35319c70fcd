"""What becomes of a team, a project or an item of work by changes? It stores nothing.

Each function gives the new one and, of each field that differs, its values before and after as
plain JSON: nothing differs where nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeAlias, cast

from pydantic_core import to_jsonable_python

from headwater.analysis.work_records import check_item, check_project, check_team
from headwater.analysis.work_refusals import follows_children
from headwater.model.item import ItemName
from headwater.model.project import Project, ProjectChanges, ProjectDraft
from headwater.model.team import TeamChanges, TeamView
from headwater.model.work_item import (
    FINISHED,
    WorkItem,
    WorkItemChanges,
    WorkItemDraft,
    WorkStatus,
)

Differences: TypeAlias = dict[str, list[Any]]
"""Fields that differ, each with its value before and after."""
Names = Mapping[int, ItemName]
"""The living configuration items that are named, by id."""
UNSET: dict[str, Any] = {"items": (), "runs": (), "documents": (), "constraints": (), "tags": {}}
"""What a field that is cleared becomes, where that is not null."""


def changed_team(held: TeamView, changes: TeamChanges) -> tuple[TeamView, Differences]:
    """Return a team with changes.

    Raises:
        UsageError: `work.bad`.
    """
    check_team(changes)
    new = replace(held, **changes)
    return new, differences(held, new)


def changed_project(
    held: Project, changes: ProjectChanges, names: Names
) -> tuple[Project, Differences]:
    """Return a project with changes.

    Raises:
        UsageError: `work.bad`.
    """
    check_project(changes)
    new = replace(held, **_values(changes, names))
    return new, differences(held, new)


def changed_item(
    held: WorkItem, changes: WorkItemChanges, names: Names
) -> tuple[WorkItem, Differences]:
    """Return an item with changes; what is not blocked has no blocker, unless one is given.

    Raises:
        UsageError: `work.bad`, `work.rolled_up`.
    """
    check_item(changes)
    values = _values(changes, names)
    status = values.get("status", held.status)
    if held.children and status != held.status:
        raise follows_children(held.id, held.children)
    if status not in {held.status, "blocked"}:
        values.setdefault("blocker", None)
    new = replace(held, **values)
    return new, differences(held, new)


def made_project(draft: ProjectDraft, names: Names, *, now: datetime) -> Project:
    """Return the project that a draft becomes, without an id.

    Raises:
        UsageError: `work.bad`.
    """
    given = {each.name: getattr(draft, each.name) for each in fields(draft) if each.name != "team"}
    check_project(given)
    values = _values(given, names)
    return Project(id=0, team=draft.team, created_at=now, updated_at=now, version=1, **values)


def made_item(project: int, draft: WorkItemDraft, names: Names, *, now: datetime) -> WorkItem:
    """Return the item that a draft becomes, without an id.

    Raises:
        UsageError: `work.bad`.
    """
    given = {
        each.name: getattr(draft, each.name) for each in fields(draft) if each.name != "parent"
    }
    check_item(given)
    values = _values(given, names)
    return WorkItem(
        id=0,
        project=project,
        parent=draft.parent,
        created_at=now,
        updated_at=now,
        version=1,
        **values,
    )


def brought(held: WorkItem, draft: WorkItemDraft) -> WorkItemChanges:
    """Return what a draft changes of an item: what it leaves as drafts begin stays as it is.

    Its status changes only where that differs in being open, finished or dropped, so that what is
    under way here and open there stays under way; that of an item with children never does.
    """
    given = {
        each.name: value
        for each in fields(draft)
        if each.name not in {"parent", "status"}
        and (value := getattr(draft, each.name)) != each.default
    }
    if not held.children and _class_of(held.status) != _class_of(draft.status):
        given["status"] = draft.status
    return cast("WorkItemChanges", given)  # a draft has the same names


def _class_of(status: WorkStatus) -> str:
    if status in FINISHED:
        return "finished"
    return "dropped" if status == "dropped" else "open"


def differences(held: Any, new: Any) -> Differences:
    """Return the fields in which two of a kind differ, as plain JSON, before and after."""
    return {
        each.name: [_plain(before), _plain(after)]
        for each in fields(held)
        if (before := getattr(held, each.name)) != (after := getattr(new, each.name))
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and all(isinstance(one, ItemName) for one in value):
        return [one.code for one in value]
    return to_jsonable_python(value)


def _values(changes: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return the fields' new values as the model has them."""
    values: dict[str, Any] = {
        name: UNSET.get(name) if value is None else value for name, value in changes.items()
    }
    for name in ("runs", "documents", "constraints"):
        if name in values:
            values[name] = tuple(dict.fromkeys(values[name]))
    if "items" in values:
        found = dict.fromkeys(sorted(values["items"]))
        values["items"] = tuple(names[each] for each in found if each in names)
    if "tags" in values:
        values["tags"] = dict(values["tags"])
    return values
