"""The real servers of the tests: empty databases that end with their test."""

from __future__ import annotations

import asyncmy
import psycopg
import pytest
from redis import Redis
from servers import Servers, tell_mariadb


def test_postgresql_gives_an_empty_database_and_drops_it(servers: Servers) -> None:
    with servers.postgresql() as url:
        with psycopg.connect(url) as line:
            line.execute("CREATE TABLE kept (n int)")
        with servers.postgresql(template=url) as copy, psycopg.connect(copy) as line:
            assert line.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_mariadb_gives_an_empty_database_and_drops_it(servers: Servers) -> None:
    with servers.mariadb() as url:
        name = url.rpartition("/")[2]
        tell_mariadb(url, f"CREATE TABLE {name}.kept (n int)")
    with pytest.raises(asyncmy.errors.OperationalError, match="Unknown database"):
        tell_mariadb(url, f"CREATE TABLE {name}.kept (n int)")


def test_redis_gives_a_database_that_nobody_else_has(servers: Servers) -> None:
    with servers.redis() as one, servers.redis() as other:
        assert one != other
        with Redis.from_url(one) as here, Redis.from_url(other) as there:
            here.set("k", 1)
            assert there.get("k") is None
    with Redis.from_url(one) as here:
        assert here.dbsize() == 0
