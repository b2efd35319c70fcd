"""How links of repositories become rows, and rows links; it runs nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from headwater.analysis.instants import from_us, to_us
from headwater.model.principal import Principal
from headwater.model.repository_link import LinkState, RepositoryLink, SeenIssue


def state_row(state: LinkState) -> dict[str, Any]:
    """Return the columns of a link's state."""
    return {
        "page": state.page,
        "since": None if state.since is None else to_us(state.since),
        "tags": dict(state.tags),
        "deployment": state.deployment,
        "synced_at": None if state.synced_at is None else to_us(state.synced_at),
        "problem": state.problem,
    }


def link_row(
    link: RepositoryLink,
    principal: Principal,
    *,
    state: LinkState | None = None,
    hook: str | None = None,
) -> dict[str, Any]:
    """Return a link's row, with the state and hook given."""
    return {
        "tenant_id": principal.tenant,
        "project_id": link.project,
        "repository": link.repository,
        "credential": link.credential,
        "items": list(link.items),
        "environments": {name: list(codes) for name, codes in link.environments.items()},
        "pushes": link.pushes,
        "hook": hook,
        "linked_by": link.linked_by,
        "linked_at": to_us(link.linked_at),
        **state_row(state or link.state),
    }


def link_of(row: RowMapping) -> RepositoryLink:
    """Return a row's link."""
    since, synced = row["since"], row["synced_at"]
    return RepositoryLink(
        project=row["project_id"],
        repository=row["repository"],
        credential=row["credential"],
        items=tuple(row["items"]),
        environments={name: tuple(codes) for name, codes in row["environments"].items()},
        pushes=bool(row["pushes"]),
        hook=row["hook"],
        linked_by=row["linked_by"],
        linked_at=from_us(row["linked_at"]),
        state=LinkState(
            page=row["page"],
            since=None if since is None else from_us(since),
            tags=row["tags"],
            deployment=row["deployment"],
            synced_at=None if synced is None else from_us(synced),
            problem=row["problem"],
        ),
    )


def seen_row(seen: SeenIssue, *, project: int, principal: Principal) -> dict[str, Any]:
    """Return the row of what was seen."""
    return {
        "tenant_id": principal.tenant,
        "project_id": project,
        "is_milestone": int(seen.is_milestone),
        "number": seen.number,
        "item_id": seen.item,
        "marks": dict(seen.marks),
    }


def seen_of(row: RowMapping) -> SeenIssue:
    """Return what a row says was seen."""
    return SeenIssue(
        number=row["number"],
        is_milestone=bool(row["is_milestone"]),
        item=row["item_id"],
        marks=row["marks"],
    )
