"""How is a connection to a SQLite file set up? It runs no unit of work."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine

from headwater.analysis.filtering import like_pattern
from headwater.analysis.records import canonical_json
from headwater.stores.sql.sqlite_job import WatchedConnection

PROGRESS_OPS = 50_000
"""Steps of SQLite's machine between two looks at the deadline, about 1 ms.

Each look takes the interpreter's lock: at 1,000 steps a query ran 40 times slower beside a busy
thread, at 50,000 about 4 times.
"""
BUSY_S = 0.02
CACHE_KIB = 32_768
CACHED_STATEMENTS = 256
LOG_KEPT_BYTES = 64 * 1024 * 1024
"""What is kept of the write-ahead log after a large load."""


def open_engine(path: Path, *, setup: tuple[str, ...] = ()) -> Engine:
    """Make an engine whose connections begin nothing by themselves and keep to one thread.

    `setup` adds statements run on each new connection, such as a lower page limit in tests.
    """

    def connect() -> WatchedConnection:
        return _connect(path, setup)

    return create_engine(
        "sqlite://",
        creator=connect,
        poolclass=NullPool,
        json_serializer=canonical_json,
        json_deserializer=json.loads,
    )


def wrapped(connection: Connection) -> WatchedConnection:
    """Return the SQLite connection within SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, WatchedConnection)  # noqa: S101  we made it
    return driver


def _connect(path: Path, setup: tuple[str, ...]) -> WatchedConnection:
    driver = sqlite3.connect(
        path,
        timeout=BUSY_S,
        isolation_level=None,
        cached_statements=CACHED_STATEMENTS,
        factory=WatchedConnection,
    )
    try:
        driver.execute("PRAGMA journal_mode = WAL")
        driver.execute("PRAGMA synchronous = NORMAL")
        driver.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        driver.execute("PRAGMA temp_store = MEMORY")
        driver.execute(f"PRAGMA journal_size_limit = {LOG_KEPT_BYTES}")
        for statement in setup:
            driver.execute(statement)
    except BaseException:
        driver.close()
        raise
    driver.create_function("headwater_ilike", 2, _ilike, deterministic=True)
    driver.create_function("headwater_lower", 1, str.lower, deterministic=True)
    driver.set_progress_handler(driver.over, PROGRESS_OPS)
    return driver


def _ilike(pattern: str, value: object) -> bool:
    """Compare as the memory store does: SQLite's LIKE knows case in ASCII alone."""
    if not isinstance(value, str):
        return False
    return like_pattern(pattern, ignore_case=True).fullmatch(value) is not None
