"""What the SQL inventory does beyond its port: indexes, a missing text index, large estates."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from anyio import create_task_group, fail_after
from patience import GUARD_S
from sqlalchemy import Connection, Engine, event, text

from headwater.analysis.filtering import check_filters
from headwater.errors import StoreFault, UsageError
from headwater.model.item import ItemRecord
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.query import Filter, ItemQuery, Sort
from headwater.stores.sql.filters import item_ids, shaped
from headwater.stores.sql.inventory import SqlInventory
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.text_index import Sought, with_words
from headwater.stores.sql.versions import SqlVersions

ME, OTHER = Principal(), Principal(tenant="other")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(tmp_path / "estate.db")
    yield database
    await database.close()


def host(code: str, **fields: object) -> ItemRecord:
    return replace(ItemRecord(code=code, name=f"host {code}", type="host"), **fields)  # type: ignore[arg-type]


def rows_of(records: Iterable[ItemRecord], **options: object) -> Rows[ItemRecord]:
    rows: Rows[ItemRecord] = Rows("items.jsonl", **options)  # type: ignore[arg-type]
    rows.records = enumerate(records, 1)
    return rows


async def load(database: SqliteDatabase, *records: ItemRecord, **options: bool) -> LoadCount:
    inventory = SqlInventory(database)
    return await inventory.load(rows_of(records), replace=options.get("all", False), principal=ME)


async def test_without_a_text_index_searching_says_so_and_like_still_finds(
    database: SqliteDatabase,
) -> None:
    await load(database, host("web-1", tags={"team": "Blue"}), host("db-1"))

    def unbuild(connection: Connection) -> None:
        connection.execute(text("DROP TABLE item_text"))

    await database.write(unbuild)
    inventory = SqlInventory(database)
    query = ItemQuery(keywords=("WEB",))
    with pytest.raises(StoreFault) as caught:
        await inventory.search(query, principal=ME)
    assert caught.value.code == "store.no_text_index"
    by_like = replace(query, text="like")
    assert [each.code for each in (await inventory.search(by_like, principal=ME)).items] == [
        "web-1"
    ]
    by_tag = replace(by_like, keywords=("team blue",))
    assert (await inventory.search(by_tag, principal=ME)).total == 1
    assert (await inventory.candidates("web-1", limit=3, principal=ME))[0].match == "code"


async def test_a_load_counts_what_it_did_and_leaves_equal_rows_alone(
    database: SqliteDatabase,
) -> None:
    inventory = SqlInventory(database)
    first = [host("a", tags={"x": "1"}), host("b"), host("c")]
    assert await load(database, *first) == LoadCount(read=3, added=3)
    before = await inventory.get("a", principal=ME)
    assert await load(database, *first) == LoadCount(read=3)
    assert await inventory.get("a", principal=ME) == before

    changed = host("b", tags={"y": "2"}, name="renamed")
    counted = await load(database, changed, host("d"), all=True)
    assert counted == LoadCount(read=2, added=1, changed=1, removed=2)
    assert await inventory.get("a", principal=ME) is None
    found = await inventory.search(ItemQuery(keywords=("renamed",)), principal=ME)
    assert [each.code for each in found.items] == ["b"]
    for gone in ("host a", "x 1"):
        assert (await inventory.search(ItemQuery(keywords=(gone,)), principal=ME)).total == 0

    assert await load(database, host("a")) == LoadCount(read=1, added=1)
    revived = await inventory.get("a", principal=ME)
    assert before is not None
    assert revived is not None
    assert (revived.id, revived.created_at) == (before.id, before.created_at)


async def test_a_code_twice_in_one_file_is_added_once_then_changed(
    database: SqliteDatabase,
) -> None:
    twice = (host("a"), host("b"), host("a", name="later"))
    assert await load(database, *twice) == LoadCount(read=3, added=2, changed=1)
    found = await SqlInventory(database).get("a", principal=ME)
    assert found is not None
    assert found.name == "later"


async def test_replacing_removes_only_what_its_sources_own(database: SqliteDatabase) -> None:
    await load(database, host("a", source="netbox"), host("b", source="netbox"), host("c"))
    rows = rows_of([host("a", source="netbox")], scope={"netbox"})
    counted = await SqlInventory(database).load(rows, replace=True, principal=ME)
    assert counted == LoadCount(read=1, removed=1)
    left = await SqlInventory(database).batch(0, limit=10, principal=ME)
    assert [each.code for each in left] == ["a", "c"]


async def test_a_bad_line_takes_the_whole_load_back(database: SqliteDatabase) -> None:
    bad = host("b", attributes={"load": float("nan")})
    with pytest.raises(UsageError) as caught:
        await load(database, host("a"), bad)
    assert "line 2" in caught.value.message
    assert await SqlInventory(database).batch(0, limit=10, principal=ME) == []
    assert (await SqlVersions(database).current(principal=ME))["inventory"] == 0


async def test_words_of_one_tenant_are_never_found_by_another(database: SqliteDatabase) -> None:
    inventory = SqlInventory(database)
    await load(database, host("secret", tags={"team": "hidden"}))
    for keyword in ("secret", "hidden", "host"):
        for way in ("index", "like"):
            query = ItemQuery(keywords=(keyword,), text=way)  # type: ignore[arg-type]
            assert (await inventory.search(query, principal=OTHER)).total == 0
    assert await inventory.candidates("secret", limit=5, principal=OTHER) == []
    assert await inventory.vocabulary(principal=OTHER) == []
    by_tag = ItemQuery(filters=(Filter("tags.team", "exists", value=False),))
    assert (await inventory.search(by_tag, principal=OTHER)).total == 0


async def test_the_vocabulary_follows_every_load(database: SqliteDatabase) -> None:
    inventory = SqlInventory(database)
    for code in "abc":
        await load(database, host(code))
        (word,) = await inventory.vocabulary(principal=ME)
        assert (word.name, word.key) == ("host", "type")
    assert word.count == 3


async def test_of_many_who_ask_for_the_vocabulary_at_once_one_counts_it(
    database: SqliteDatabase,
) -> None:
    inventory = SqlInventory(database)
    await load(database, host("a"), host("b"))
    counted: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        counted.extend(["tags"] if "count(*)" in statement and "FROM tag" in statement else [])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with fail_after(GUARD_S):
            async with create_task_group() as group:
                for _ in range(20):
                    group.start_soon(partial(inventory.vocabulary, principal=ME))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(counted) == 1
    (word,) = await inventory.vocabulary(principal=ME)
    assert (word.name, word.count) == ("host", 2)


async def test_a_tampered_cursor_is_refused(database: SqliteDatabase) -> None:
    inventory = SqlInventory(database)
    await load(database, host("a"), host("b"))
    query = ItemQuery(sort=(Sort("name"),), limit=1)
    page = await inventory.search(query, principal=ME)
    for cursor in ("", "x", "é", (page.next_cursor or "") + "A", "W1tdXQ"):
        with pytest.raises(UsageError) as caught:
            await inventory.search(replace(query, cursor=cursor), principal=ME)
        assert caught.value.code == "query.bad_cursor"


async def test_in_a_large_estate_a_misspelt_name_is_still_found(database: SqliteDatabase) -> None:
    many = (host(f"node-{number:05d}") for number in range(20_001))
    await SqlInventory(database).load(rows_of(many), replace=False, principal=ME)
    await load(database, host("checkout-gateway", name="Checkout gateway"))
    found = await SqlInventory(database).candidates("checkuot-gatway", limit=3, principal=ME)
    assert [(each.code, each.match) for each in found[:1]] == [("checkout-gateway", "fuzzy")]
    exact = await SqlInventory(database).candidates("NODE-00077", limit=1, principal=ME)
    assert [(each.code, each.score) for each in exact] == [("node-00077", 1.0)]


async def test_an_estate_that_shrank_is_weighed_whole_again(database: SqliteDatabase) -> None:
    inventory = SqlInventory(database)
    many = (host(f"node-{number:05d}") for number in range(20_001))
    await inventory.load(rows_of(many), replace=False, principal=ME)
    assert await inventory.candidates("axz-1x", limit=3, principal=ME) == []
    few = (host(code) for code in ("abz-1x", "unlike"))
    await inventory.load(rows_of(few), replace=True, principal=ME)
    found = await inventory.candidates("axz-1x", limit=3, principal=ME)
    assert [(each.code, each.match) for each in found] == [("abz-1x", "fuzzy")]


PLANS = (
    ((), "USING COVERING INDEX"),
    ((Filter("code", "eq", "x"),), "sqlite_autoindex_configuration_item_1"),
    ((Filter("location", "eq", "x"),), "ix_item_location"),
    ((Filter("location", "in", ["x"]), Filter("type", "eq", "y")), "ix_item_location"),
    ((Filter("tags.team", "eq", "x"),), "ix_tag_value"),
    ((Filter("tags.team", "eq", "x"), Filter("type", "eq", "host")), "ix_tag_value"),
    ((Filter("id", "eq", 3), Filter("type", "eq", "host")), "INTEGER PRIMARY KEY"),
)


@pytest.mark.parametrize(("filters", "index"), PLANS)
async def test_filters_are_answered_from_their_index(
    database: SqliteDatabase, filters: tuple[Filter, ...], index: str
) -> None:
    plan = await database.read(lambda connection: planned(connection, filters))
    assert index in plan[0], plan


async def test_words_are_looked_up_before_items(database: SqliteDatabase) -> None:
    filters = (Filter("type", "eq", "host"),)
    plan = await database.read(lambda connection: planned(connection, filters, words="x"))
    assert "item_text VIRTUAL TABLE" in plan[0], plan
    assert "INTEGER PRIMARY KEY" in plan[1], plan


def planned(
    connection: Connection, filters: tuple[Filter, ...], *, words: str | None = None
) -> list[str]:
    """Return the steps of SQLite's plan for the ids that filters and words find."""
    shapes, values = shaped(check_filters(filters))
    statement = item_ids(shapes)
    values["tenant"] = ME.tenant
    if words is not None:
        statement, values["words"] = with_words(statement, Sought()), words
    compiled = statement.compile(dialect=connection.dialect)
    raw = [(compiled.params | values)[name] for name in compiled.positiontup or ()]
    given = tuple(json.dumps(each) if isinstance(each, list) else each for each in raw)
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", given)
    return [row[3] for row in rows]
