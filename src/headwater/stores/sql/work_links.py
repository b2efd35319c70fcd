"""Which configuration items are projects and items of work about? Rows of their own, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, insert, literal, select

from headwater.model.item import ItemName
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import item
from headwater.stores.sql.work_tables import work_ci

Owner = Literal["project", "item"]
_OF_OWNER = (work_ci.c.tenant_id == bindparam("tenant"), work_ci.c.owner == bindparam("owner"))
_ABOUT = (
    select(work_ci.c.owner_id, item.c.id, item.c.code, item.c.name)
    .join(item, item.c.id == work_ci.c.ci_id)
    .where(
        *_OF_OWNER,
        among(work_ci.c.owner_id, "ids"),
        item.c.tenant_id == bindparam("tenant"),
        item.c.deleted_at.is_(None),
    )
    .order_by(item.c.id)
)
_OF_CI = (
    select(literal(1))
    .where(work_ci.c.tenant_id == bindparam("tenant"), work_ci.c.ci_id == bindparam("ci"))
    .limit(1)
)
_FORGET = delete(work_ci).where(
    work_ci.c.tenant_id == bindparam("own_tenant"),
    work_ci.c.owner == bindparam("own_owner"),
    work_ci.c.owner_id == bindparam("own_id"),
)


def about(
    connection: Connection, owner: Owner, ids: Sequence[int], *, tenant: str
) -> dict[int, tuple[ItemName, ...]]:
    """Return the living configuration items of each of these, by id, where there are any."""
    found: dict[int, tuple[ItemName, ...]] = {}
    values = {"tenant": tenant, "owner": owner, "ids": listed(ids)}
    for number, *name in connection.execute(_ABOUT, values) if ids else ():
        found[number] = (*found.get(number, ()), ItemName(*name))
    return found


def is_about(connection: Connection, ci: int, *, tenant: str) -> bool:
    """Tell whether anything at all is about a configuration item, as of most nothing is.

    Who sees what takes statements that are put together anew each time, for a millisecond each.
    """
    return bool(all_rows(connection, _OF_CI, {"tenant": tenant, "ci": ci}))


def link(
    connection: Connection,
    owner: Owner,
    links: Iterable[tuple[int, Iterable[ItemName]]],
    *,
    tenant: str,
) -> None:
    """Say what new ones are about."""
    rows: list[dict[str, Any]] = [
        {"tenant_id": tenant, "owner": owner, "owner_id": number, "ci_id": name.id}
        for number, names in links
        for name in names
    ]
    if rows:
        connection.execute(insert(work_ci), rows)


def link_again(
    connection: Connection, owner: Owner, number: int, *, names: Iterable[ItemName], tenant: str
) -> None:
    """Say what one is about from now on, and about nothing else."""
    own = {"own_tenant": tenant, "own_owner": owner, "own_id": number}
    connection.execute(_FORGET, own)
    link(connection, owner, [(number, names)], tenant=tenant)
