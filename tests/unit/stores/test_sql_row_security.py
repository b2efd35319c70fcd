"""PostgreSQL hides other tenants' rows even from a statement that forgets to ask whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from contract.estates import MINE, OTHERS, an_item, load_items
from contract.places import Place, emptied, server_place, sql_ports
from psycopg import sql
from servers import Servers
from sqlalchemy import Connection, func, insert, select, text

from headwater.errors import HeadwaterError, UsageError
from headwater.stores.sql.addresses import read_address
from headwater.stores.sql.inventory import SqlInventory
from headwater.stores.sql.row_security import ROLE
from headwater.stores.sql.run_tables import runs
from headwater.stores.sql.server_database import ServerDatabase
from headwater.stores.sql.server_opening import open_server
from headwater.stores.sql.tables import OUTSIDE, data_version, estate, item, tag

PLAIN = "hw_plain"
"""A user who may make tables and nothing else."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def place(servers: Servers) -> Iterator[Place]:
    with server_place(servers, "postgresql") as found:
        yield found


@pytest.fixture
async def database(place: Place) -> AsyncIterator[ServerDatabase]:
    async with emptied(place) as found:
        ports = sql_ports(found, found)
        await load_items(ports, an_item("a", tags={"t": "1"}), principal=MINE)
        await load_items(ports, an_item("b", tags={"t": "2"}), "c", principal=OTHERS)
        yield found


def codes(connection: Connection) -> set[str]:
    """Read without the first wall: no condition on the tenant."""
    return set(connection.execute(select(item.c.code)).scalars())


async def test_without_the_first_wall_the_second_still_hides_the_others(
    database: ServerDatabase,
) -> None:
    assert await database.read(codes, tenant="mine") == {"a"}
    assert await database.read(codes, tenant="others") == {"b", "c"}
    assert await database.read(codes, tenant="nobody") == set()
    assert await database.read(codes, tenant=None) == set()
    assert await database.read(codes, tenant="mine' OR 'x' = 'x") == set()


async def test_the_second_wall_stands_for_writes_too(database: ServerDatabase) -> None:
    def forget(connection: Connection) -> int:
        return connection.execute(tag.delete()).rowcount

    def foist(connection: Connection) -> None:
        row = {"tenant_id": "others", "port": "x", "number": 1}
        connection.execute(insert(data_version), row)

    assert await database.write(forget, tenant="mine") == 1
    left = select(func.count()).select_from(tag)
    assert await database.read(lambda c: c.execute(left).scalar_one(), tenant="others") == 1
    with pytest.raises(HeadwaterError, match="row-level security"):
        await database.write(foist, tenant="mine")


async def test_every_table_with_a_tenant_stands_behind_the_wall(database: ServerDatabase) -> None:
    walls = text(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, "
        "(SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) FROM pg_class c "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
        "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    )
    found = await database.read(lambda c: c.execute(walls).all(), tenant=None)
    assert {name for name, *_ in found} >= {
        table.name
        for metadata in (estate, runs)
        for table in metadata.tables.values()
        if "tenant_id" in table.c
    }
    for name, forced, policies in found:
        assert (name, forced, policies) == (name, name not in OUTSIDE, int(name not in OUTSIDE))


async def test_units_of_work_own_nothing_and_are_above_nobody(database: ServerDatabase) -> None:
    who = text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    owned = text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
    assert await database.read(lambda c: tuple(c.execute(who).one()), tenant=None) == (
        ROLE, False, False,
    )  # fmt: skip
    assert await database.read(lambda c: c.execute(owned).scalar_one(), tenant=None) == 0

    def alter(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE tag DISABLE ROW LEVEL SECURITY")

    with pytest.raises(UsageError) as caught:
        await database.write(alter, tenant="mine")
    assert caught.value.code == "store.not_allowed"


@pytest.fixture
def plain(servers: Servers) -> Iterator[str]:
    """Give an empty database of a user who may not make roles."""
    with servers.postgresql() as url, psycopg.connect(url, autocommit=True) as line:
        name = sql.Identifier(urlsplit(url).path[1:])
        user = sql.Identifier(PLAIN)
        line.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(user))
        line.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'p/w'").format(user))
        line.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, user))
        line.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(user))
        parts = urlsplit(url)
        yield urlunsplit(parts._replace(netloc=f"{PLAIN}:p%2Fw@{parts.hostname}:{parts.port}"))
        line.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(user))
        line.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(name))
        line.execute(sql.SQL("DROP ROLE {}").format(user))


async def test_a_user_without_other_rights_is_walled_in_as_the_owner(plain: str) -> None:
    async with open_server(read_address(plain)) as database:
        ports = sql_ports(database, database)
        await load_items(ports, "a", principal=MINE)
        await load_items(ports, "b", principal=OTHERS)
        assert await database.read(codes, tenant="mine") == {"a"}
        assert await database.read(codes, tenant=None) == set()
    async with open_server(read_address(plain)) as database:  # and the next time
        assert await SqlInventory(database).get("b", principal=OTHERS) is not None


async def test_a_user_above_the_wall_who_cannot_step_down_is_refused(
    plain: str, servers: Servers
) -> None:
    async with open_server(read_address(plain)):
        pass
    with psycopg.connect(servers.url("postgresql"), autocommit=True) as line:
        line.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(PLAIN)))
    with pytest.raises(UsageError, match=ROLE) as caught:
        async with open_server(replace(read_address(plain), tls="disable")):
            pass
    assert caught.value.code == "store.no_row_security"
