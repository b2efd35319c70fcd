"""Which types of columns are there, the same on every database? It names no table.

Revisions of the schema are made of these too, so a type's meaning never changes here.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.dialects import mysql, postgresql, sqlite


def exact(length: int) -> String:
    """Text compared and sorted by code point on every database."""
    plain = String(length)
    on_mysql = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    on_postgresql = postgresql.VARCHAR(length, collation="C")
    return plain.with_variant(on_mysql, "mysql", "mariadb").with_variant(
        on_postgresql, "postgresql"
    )


Id = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
Instant = BigInteger
Document = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
