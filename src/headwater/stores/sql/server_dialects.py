"""How does SQLAlchemy speak to PostgreSQL and MariaDB here? As it does, but for transactions.

They, and the end of a connection, are the affair of `server_database`. SQLAlchemy begins,
commits and closes nothing, for a cancelled unit of work must not wait for any of it.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.dialects import postgresql, registry
from sqlalchemy.dialects.mysql.asyncmy import MySQLDialect_asyncmy
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

DRIVER = "headwater"
"""What these are called in a URL of SQLAlchemy."""
STATEMENTS = 500
"""Prepared statements kept by each connection to PostgreSQL."""


class ReadAsText(postgresql.JSON):
    """A document that the driver gives as text: no codec has to be set up on each connection."""

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """Return what turns the driver's text into plain data."""
        del dialect, coltype
        return _read


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)


class PostgresqlDialect(PGDialect_asyncpg):
    """PostgreSQL by asyncpg, whose transactions are begun and ended by hand."""

    supports_statement_cache = True
    colspecs = PGDialect_asyncpg.colspecs | {JSON: ReadAsText, postgresql.JSON: ReadAsText}

    def connect(self, *given: Any, **named: Any) -> Any:
        """Wrap a connection."""
        return super().connect(*given, prepared_statement_cache_size=STATEMENTS, **named)

    def on_connect(self) -> Any:
        """Set nothing up: `ReadAsText` needs no codecs."""
        return None

    def do_begin(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_close(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Leave it."""


class MariadbDialect(MySQLDialect_asyncmy):
    """MariaDB by asyncmy, whose transactions are begun and ended by hand."""

    supports_statement_cache = True

    def _found_rows_client_flag(self) -> int:
        return 0  # a row that an upsert leaves as it is must not count

    def do_begin(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_close(self, dbapi_connection: Any) -> None:
        """Leave it."""

    def do_terminate(self, dbapi_connection: Any) -> None:
        """Leave it."""


registry.register(f"postgresql.{DRIVER}", __name__, "PostgresqlDialect")
registry.register(f"mysql.{DRIVER}", __name__, "MariadbDialect")
