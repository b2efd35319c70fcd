"""Where tests find a real PostgreSQL, MariaDB or Redis, and an empty database of it to themselves.

`.ci/services.py` makes the servers; here they are held for as long as this session of pytest
lasts. Take the fixture `postgresql`, `mariadb` or `redis` for the URL of an empty database that
ends with the test, or `servers` for more of them, or for one that outlasts a test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import anyio
import psycopg
import pytest
from psycopg import sql

SERVICES = Path(__file__).parents[1] / ".ci/services.py"
CLAIM_S = 3600
"""For how long a Redis database that nobody gave back stays somebody's."""


class Servers:
    """The servers of this machine; each way to a database skips where its server is missing."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._urls = {name: str(one["url"]) for name, one in state["servers"].items()}
        self._missing = {name: str(why) for name, why in state["missing"].items()}
        self._made = 0

    def url(self, name: str) -> str:
        """Return the URL of a server, by which its owner may do everything."""
        if name not in self._urls:
            pytest.skip(self._missing.get(name, f"{name} is not there"))
        return self._urls[name]

    @contextmanager
    def postgresql(self, template: str | None = None) -> Iterator[str]:
        """Make a database, of the one whose URL is given where one is, and drop it at the end.

        Nobody may be connected to the other while it is copied.
        """
        url, name = self.url("postgresql"), self._name()
        source = urlsplit(template).path[1:] if template else "template0"
        with psycopg.connect(url, autocommit=True) as line:
            make = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
            line.execute(sql.SQL(make).format(sql.Identifier(name), sql.Identifier(source)))
            try:
                yield of_database(url, name)
            finally:
                drop = "DROP DATABASE IF EXISTS {} WITH (FORCE)"
                line.execute(sql.SQL(drop).format(sql.Identifier(name)))

    @contextmanager
    def mariadb(self) -> Iterator[str]:
        """Make a database and drop it at the end."""
        url, name = self.url("mariadb"), self._name()
        tell_mariadb(url, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield of_database(url, name)
        finally:
            tell_mariadb(url, f"DROP DATABASE IF EXISTS {name}")

    @contextmanager
    def redis(self) -> Iterator[str]:
        """Take an empty one of Redis' numbered databases and empty it at the end."""
        from redis import Redis

        url = self.url("redis")
        with Redis.from_url(url) as line:
            count = int(line.config_get("databases")["databases"])
            numbers = (1 + (os.getpid() + one) % (count - 1) for one in range(count - 1))
            number = next(n for n in numbers if line.set(f"taken:{n}", 1, nx=True, ex=CLAIM_S))
            mine = of_database(url, str(number))
            try:
                with Redis.from_url(mine) as own:
                    own.flushdb()
                    yield mine
                    own.flushdb()
            finally:
                line.delete(f"taken:{number}")

    def _name(self) -> str:
        self._made += 1
        return f"hw_{os.getpid()}_{self._made}"


def of_database(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def tell_mariadb(url: str, statement: str) -> None:
    """Have MariaDB carry out one statement; its driver needs a loop, so a thread has one."""
    parts = urlsplit(url)

    async def tell() -> None:
        import asyncmy

        line = await asyncmy.connect(
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            password=parts.password,
            autocommit=True,
        )
        try:
            async with line.cursor() as cursor:
                await cursor.execute(statement)
        finally:
            line.close()

    with ThreadPoolExecutor(1) as thread:  # we may stand in a loop ourselves
        thread.submit(anyio.run, tell).result()


class Holder:
    """Holds the servers for this process, from the first time that somebody asks."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._servers: Servers | None = None

    def get(self) -> Servers:
        """Return the servers, having started what was not running."""
        if self._servers is None:
            self._process = subprocess.Popen(
                [sys.executable, SERVICES, "hold"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            assert self._process.stdout is not None
            told = self._process.stdout.readline()
            missing = dict.fromkeys(("postgresql", "mariadb", "redis"), "no services: see above")
            self._servers = Servers(
                json.loads(told) if told else {"servers": {}, "missing": missing}
            )
        return self._servers

    def let_go(self) -> None:
        """Let the servers stop, where nobody else holds them."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


HOLDER = Holder()
OURS = {"servers", "postgresql", "mariadb", "redis"}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the servers before the first test: installing them takes longer than a test may."""
    if session.config.option.collectonly:
        return
    if any(OURS & set(getattr(item, "fixturenames", ())) for item in session.items):
        HOLDER.get()


def pytest_unconfigure() -> None:
    """Let go of the servers after the last test."""
    HOLDER.let_go()


@pytest.fixture(scope="session")
def servers() -> Servers:
    """Give the real servers, started if they were not running."""
    return HOLDER.get()


@pytest.fixture
def postgresql(servers: Servers) -> Iterator[str]:
    """Give the URL of an empty database in PostgreSQL."""
    with servers.postgresql() as url:
        yield url


@pytest.fixture
def mariadb(servers: Servers) -> Iterator[str]:
    """Give the URL of an empty database in MariaDB."""
    with servers.mariadb() as url:
        yield url


@pytest.fixture
def redis(servers: Servers) -> Iterator[str]:
    """Give the URL of an empty database in Redis."""
    with servers.redis() as url:
        yield url


@contextmanager
def estate_in(name: str, servers: Servers, folder: Path) -> Iterator[str]:
    """Make an empty estate in a database of this kind, and return its URL."""
    if name == "memory":
        yield "memory:"
    elif name == "sqlite":
        yield f"sqlite:///{folder}/estate.db"
    else:
        with servers.postgresql() if name == "postgresql" else servers.mariadb() as url:
            yield url
