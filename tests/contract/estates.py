"""What the contract tests are made of: an estate's ports, rows to load, and what is the same."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings

from headwater.model.item import ItemRecord
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.query import Filter, GroupQuery, ItemQuery
from headwater.model.window import Window
from headwater.ports.activities import Activities
from headwater.ports.cache import Cache
from headwater.ports.documents import Documents
from headwater.ports.embeddings import Embeddings
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.keys import Keys
from headwater.ports.metrics import Metrics
from headwater.ports.projects import Projects
from headwater.ports.relations import Relations
from headwater.ports.rules import Rules
from headwater.ports.run_log import RunLog
from headwater.ports.sessions import Sessions
from headwater.ports.teams import Teams
from headwater.ports.vectors import Vectors
from headwater.ports.versions import Versions
from headwater.ports.work_items import WorkItems

MINE = Principal("mine")
OTHERS = Principal("others")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Explaining reads source files in the loop, which the guard takes for blocking of ours.
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
"""How random estates are tried; each example is a tenant of its own in the test's one estate."""
_TENANTS = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """One estate behind each port."""

    inventory: Inventory
    relations: Relations
    metrics: Metrics
    history: History
    rules: Rules
    versions: Versions
    run_log: RunLog
    cache: Cache
    keys: Keys
    documents: Documents
    vectors: Vectors
    embeddings: Embeddings
    teams: Teams
    projects: Projects
    work_items: WorkItems
    sessions: Sessions
    activities: Activities


def new_tenant() -> Principal:
    """Return a principal of a tenant that nobody was before."""
    return Principal(f"tenant-{next(_TENANTS)}")


def rows(records: Iterable[Any], *, skip_bad: bool = False, scope: set[str] | None = None) -> Any:
    """Number records as the lines of a file."""
    made: Rows[Any] = Rows("lines.jsonl", skip_bad=skip_bad, scope=scope)
    made.records = enumerate(records, 1)
    return made


def at(seconds: float) -> datetime:
    """Return the instant so many seconds after the start."""
    return START + timedelta(seconds=seconds)


def at_us(seconds: float) -> int:
    """Return that instant in epoch microseconds."""
    return (at(seconds) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def window(first_s: float, end_s: float) -> Window:
    """Return the span between two instants by seconds after the start."""
    return Window(at(first_s), at(end_s))


def an_item(code: str, **fields: Any) -> ItemRecord:
    """Make an item that is a host, called as its code, unless said otherwise."""
    return ItemRecord(**({"code": code, "name": code, "type": "host"} | fields))


async def load_items(
    ports: Ports, *records: ItemRecord | str, principal: Principal = MINE, replace: bool = False
) -> LoadCount:
    """Load items, given whole or by code."""
    made = [an_item(each) if isinstance(each, str) else each for each in records]
    return await ports.inventory.load(rows(made), replace=replace, principal=principal)


async def id_of(ports: Ports, code: str, *, principal: Principal = MINE) -> int:
    """Return the id that an item has been given."""
    item = await ports.inventory.get(code, principal=principal)
    assert item is not None
    return item.id


async def find_items(ports: Ports, *filters: Filter, **query: Any) -> Any:
    """Return a page of items, of a hundred where nothing is said."""
    principal = query.pop("principal", MINE)
    asked = ItemQuery(**({"filters": filters, "limit": 100} | query))
    return await ports.inventory.search(asked, principal=principal)


async def found(ports: Ports, *filters: Filter, **query: Any) -> str:
    """Return the codes found, one letter each."""
    return "".join(item.code for item in (await find_items(ports, *filters, **query)).items)


async def with_words(ports: Ports, *keywords: str, **query: Any) -> str:
    """Return the codes found by keywords."""
    return await found(ports, keywords=keywords, **query)


async def groups(ports: Ports, *by: str, **query: Any) -> Any:
    """Return a table of groups."""
    principal = query.pop("principal", MINE)
    asked = GroupQuery(**({"group_by": by} | query))
    return await ports.inventory.aggregate(asked, principal=principal)


def plain(value: Any) -> Any:
    """Turn a result into plain data without what stores number and stamp as they like."""
    if dataclasses.is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, dict):
        left_out = {"id", "next_cursor", "created_at", "updated_at"}
        return {key: plain(each) for key, each in value.items() if key not in left_out}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def difference(one: Any, other: Any, path: str = "") -> str | None:
    """Say where two plain values differ, numbers by more than 1e-9 of themselves, or None."""
    if isinstance(one, float) and isinstance(other, float | int):
        same = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        return None if same else f"{path}: {one!r} is not {other!r}"
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        found = (difference(one[key], other[key], f"{path}.{key}") for key in one)
        return next((each for each in found if each), None)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        found = (difference(a, b, f"{path}[{place}]") for place, (a, b) in pairs)
        return next((each for each in found if each), None)
    return None if one == other else f"{path}: {one!r} is not {other!r}"


def assert_same(one: Any, other: Any) -> None:
    """Fail where two results differ in more than ids and stamps."""
    found = difference(plain(one), plain(other))
    assert found is None, found
