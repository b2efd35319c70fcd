"""Revisions lead from nothing to the tables that the code reads."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, UniqueConstraint, create_engine, event, inspect

from headwater.stores.sql.migrations.first import make_first, statements_of
from headwater.stores.sql.migrations.run import configured, upgrade
from headwater.stores.sql.planner_hints import HINTS
from headwater.stores.sql.run_tables import runs
from headwater.stores.sql.schema import REVISIONS, Schema
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.tables import OUTSIDE, estate

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
SCHEMAS: list[tuple[Schema, MetaData]] = [("estate", estate), ("runs", runs)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("schema", REVISIONS)
def test_the_revisions_known_by_name_are_those_on_file(schema: Schema) -> None:
    script = ScriptDirectory.from_config(configured(schema))
    on_file = [each.revision for each in script.walk_revisions()]
    assert tuple(reversed(on_file)) == REVISIONS[schema]
    assert script.get_heads() == [REVISIONS[schema][-1]]


def without_size(sql: str) -> str:
    return " ".join(sql.split()).replace('"', "")


@pytest.mark.parametrize(("schema", "metadata"), SCHEMAS)
def test_the_revisions_make_the_tables_of_the_code(schema: Schema, metadata: MetaData) -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, schema)
        migrated = MigrationContext.configure(connection)
        assert compare_metadata(migrated, metadata) == []
        made = described(connection)
    declared = create_engine("sqlite://")
    with declared.begin() as connection:
        metadata.create_all(connection)
        assert made == described(connection)
    engine.dispose()
    declared.dispose()


@pytest.mark.parametrize("schema", REVISIONS)
def test_an_empty_file_gets_what_the_revisions_make(schema: Schema) -> None:
    """Where this fails: `python -m headwater.stores.sql.migrations.first` writes it anew."""
    revised, at_once = create_engine("sqlite://"), create_engine("sqlite://")
    with revised.begin() as first, at_once.begin() as second:
        upgrade(first, schema)
        make_first(second, schema)
        assert statements_of(second, schema) == statements_of(first, schema)
        names = [name for (name,) in first.exec_driver_sql(TABLES)]
        assert len(names) > 2
        for name in names:
            rows = [one.exec_driver_sql(f"SELECT * FROM {name}").all() for one in (first, second)]
            without_time = [[row[:1] for row in of_one] for of_one in rows]
            assert without_time[0] == without_time[1], name
            if name == "tenant":
                ((_, made_at), (_, also_made_at)) = (rows[0][0], rows[1][0])
                assert abs(made_at - also_made_at) < 60_000_000
    revised.dispose()
    at_once.dispose()


def described(connection: object) -> dict[str, str]:
    rows = connection.exec_driver_sql(  # type: ignore[attr-defined]
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'"
    )
    return {name: without_size(sql) for name, sql in rows}


@pytest.mark.parametrize("metadata", [estate, runs])
def test_the_tenant_leads_every_key(metadata: MetaData) -> None:
    for table in metadata.tables.values():
        if table.name in OUTSIDE:
            continue
        keys = [[column.name for column in index.columns] for index in table.indexes]
        unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
        keys += [[column.name for column in each.columns] for each in unique]
        own = [column.name for column in table.primary_key.columns]
        if own != ["id"]:
            keys.append(own)
        assert keys
        for key in keys:
            assert key[0] == "tenant_id", (table.name, key)


async def test_the_planners_hints_name_real_indexes(tmp_path: Path) -> None:
    path = tmp_path / "estate.db"
    await (await SqliteDatabase.open(path)).close()
    connection = sqlite3.connect(path)
    sql = "SELECT name FROM sqlite_master WHERE type = 'index' OR sql LIKE '%WITHOUT ROWID%'"
    there = {name for (name,) in connection.execute(sql)}
    assert {name for _, name, _ in HINTS} <= there
    kept = connection.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0]
    connection.close()
    assert kept == len(HINTS)


def test_a_failed_revision_leaves_nothing(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")

    @event.listens_for(engine, "connect")
    def manual(driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    def fail() -> None:
        with engine.begin() as connection:
            upgrade(connection, "estate")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
