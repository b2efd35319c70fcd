"""The real servers of the tests: empty databases that end with their test."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncmy
import psycopg
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisIsGone
from servers import SERVICES, Servers, tell_mariadb


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


def hold(checkout: Path) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Hold the servers of a checkout of their own, as a run of the tests does."""
    process = subprocess.Popen(
        [sys.executable, checkout / ".ci/services.py", "hold"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def test_servers_outlast_whoever_started_them_while_used_and_end_with_the_last(
    tmp_path: Path, servers: Servers
) -> None:
    for name in ("postgresql", "mariadb", "redis"):
        servers.url(name)
    checkout = tmp_path / "a checkout"  # which the servers' user may not enter, where we are root
    shutil.copytree(SERVICES.parent, checkout / ".ci")
    first, state = hold(checkout)
    second, same = hold(checkout)
    try:
        assert state["missing"] == {}
        assert same == state
        first.communicate()
        with Redis.from_url(state["servers"]["redis"]["url"]) as line:
            assert line.ping()
            line.shutdown(nosave=True)
        third, again = hold(checkout)
        assert again["servers"] == state["servers"], "what died is started where it was"
        third.kill()
        third.communicate()
        with psycopg.connect(state["servers"]["postgresql"]["url"]):
            pass
    finally:
        first.communicate()
        second.communicate()
    with pytest.raises(RedisIsGone), Redis.from_url(state["servers"]["redis"]["url"]) as line:
        line.ping()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(state["servers"]["postgresql"]["url"])
    assert not Path(state["folder"]).exists()
    assert sorted(one.name for one in (checkout / ".services").iterdir()) == ["lock", "users"]


def test_a_command_beside_the_servers_ends_as_it_would_alone(
    tmp_path: Path, servers: Servers
) -> None:
    servers.url("postgresql")
    shutil.copytree(SERVICES.parent, tmp_path / ".ci")
    ended = subprocess.run(
        [sys.executable, tmp_path / ".ci/services.py", "run", "--", "sh", "-c", "exit 7"],
        check=False,
    )
    assert ended.returncode == 7
    assert not (tmp_path / ".services/servers.json").exists()
