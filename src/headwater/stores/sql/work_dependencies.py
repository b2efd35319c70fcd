"""What hangs on what within a project, in SQL: said, taken back and read in a unit of work."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from headwater.analysis.work_cycles import circle_of, normal
from headwater.analysis.work_records import check_dependency
from headwater.analysis.work_refusals import bad, cycle
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.work_item import Dependency, DependencyType
from headwater.stores.sql.project_rows import find_project
from headwater.stores.sql.work_access import check_ref
from headwater.stores.sql.work_item_rows import HeldItem, find_item
from headwater.stores.sql.work_item_writing import held_item, note_dependency
from headwater.stores.sql.work_tables import dependency
from headwater.stores.sql.work_writing import WorkWriting

_ALL = select(dependency.c.source_id, dependency.c.target_id, dependency.c.type).where(
    dependency.c.tenant_id == bindparam("tenant")
)
_OF_PROJECT = _ALL.where(dependency.c.project_id == bindparam("ref"))
_OF_ITEM = _ALL.where(
    or_(dependency.c.source_id == bindparam("ref"), dependency.c.target_id == bindparam("ref"))
)
_FORGET = delete(dependency).where(
    dependency.c.tenant_id == bindparam("own_tenant"),
    dependency.c.source_id == bindparam("source"),
    dependency.c.target_id == bindparam("target"),
    dependency.c.type == bindparam("of_type"),
)


def depend(
    connection: Connection, said: tuple[int, int, DependencyType], *, principal: Principal
) -> Written[Dependency]:
    """Keep a dependency, unless what waits for what would then run in a circle.

    Raises:
        UsageError: `work.unknown`, `work.cycle`, `work.bad`.
    """
    writing, held, new = _named(connection, said, principal)
    known = _known(connection, held.item.project, principal.tenant)
    if new in known:
        return Written(value=new)
    if path := circle_of(new, known):
        raise cycle(path)
    row = {
        "tenant_id": principal.tenant, "project_id": held.item.project, "type": new.type,
        "source_id": new.source, "target_id": new.target,
    }  # fmt: skip
    connection.execute(insert(dependency), row)
    note_dependency(writing, "dependency.added", held=held, one=new)
    return Written(value=new, activities=writing.record())


def undepend(
    connection: Connection, said: tuple[int, int, DependencyType], *, principal: Principal
) -> Written[Dependency]:
    """Take a dependency back.

    Raises:
        UsageError: `work.unknown`, `work.bad`.
    """
    writing, held, old = _named(connection, said, principal)
    own = {
        "own_tenant": principal.tenant, "source": old.source, "target": old.target,
        "of_type": old.type,
    }  # fmt: skip
    if connection.execute(_FORGET, own).rowcount:
        note_dependency(writing, "dependency.removed", held=held, one=old)
    return Written(value=old, activities=writing.record())


def dependencies_of(connection: Connection, item: int, *, principal: Principal) -> list[Dependency]:
    """Return what an item is source or target of.

    Raises:
        UsageError: `work.unknown`.
    """
    find_item(connection, item, principal=principal)
    own = {"tenant": principal.tenant, "ref": check_ref("item", item)}
    found = sorted(
        (kind, source, target) for source, target, kind in connection.execute(_OF_ITEM, own)
    )
    return [Dependency(source=source, target=target, type=kind) for kind, source, target in found]


def dependencies_within(
    connection: Connection, ref: int, *, principal: Principal
) -> list[Dependency]:
    """Return all dependencies within a project.

    Raises:
        UsageError: `work.unknown`.
    """
    find_project(connection, ref, principal=principal)
    known = _known(connection, ref, principal.tenant)
    return sorted(known, key=lambda one: (one.type, one.source, one.target))


def _named(
    connection: Connection, said: tuple[int, int, DependencyType], principal: Principal
) -> tuple[WorkWriting, HeldItem, Dependency]:
    item, on, kind = said
    check_dependency(kind)
    writing, held = held_item(connection, item, principal=principal)
    other = find_item(connection, on, principal=principal)
    if other.item.project != held.item.project:
        raise bad("on", f"item {on} is of another project; name one of the same")
    if item == on:
        raise cycle((item,))
    return writing, held, normal(Dependency(source=item, target=on, type=kind))


def _known(connection: Connection, ref: int, tenant: str) -> list[Dependency]:
    rows = connection.execute(_OF_PROJECT, {"tenant": tenant, "ref": ref})
    return [Dependency(source=row[0], target=row[1], type=row[2]) for row in rows]
