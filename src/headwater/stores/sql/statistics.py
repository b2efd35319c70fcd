"""Does the planner know what a load brought? PostgreSQL is told at its end; it plans nothing.

Left alone it would learn of it within a minute, and until then read whole tables for one row.
MariaDB looks at its indexes for each query; SQLite has `planner_hints`.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, text

MANY_ROWS = 500
"""Changed rows that make a difference."""
ANALYZE = "headwater_analyze"
"""A function of ours, for who only reads and writes rows may not do it."""
_TELL = text(f"SELECT {ANALYZE}(:name)")


def tell_planner(connection: Connection, *tables: Table, changed: int) -> None:
    """Have the server count what tables hold, where so many rows changed that it matters."""
    if connection.dialect.name == "postgresql" and changed >= MANY_ROWS:
        for table in tables:
            connection.execute(_TELL, {"name": table.name})
