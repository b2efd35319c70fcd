"""Which types of columns are there, the same on every database? It names no table.

Revisions of the schema are made of these too, so a type's meaning never changes here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, LargeBinary, String, Text
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.compiler import compiles

CHARSET, COLLATION = "utf8mb4", "utf8mb4_nopad_bin"
"""On MariaDB: every letter, compared by code point, blanks at the end counted."""


class DocumentText(JSON):
    """A document kept as the text that it was written as; MariaDB's own type refuses deep ones."""


@compiles(DocumentText)
def _long_text(element: DocumentText, compiler: Any, **options: Any) -> str:
    del element, compiler, options
    return f"LONGTEXT CHARACTER SET {CHARSET} COLLATE {COLLATION}"


def exact(length: int) -> String:
    """Text compared and sorted by code point on every database."""
    plain = String(length)
    on_mysql = mysql.VARCHAR(length, charset=CHARSET, collation=COLLATION)
    on_postgresql = postgresql.VARCHAR(length, collation="C")
    return plain.with_variant(on_mysql, "mysql", "mariadb").with_variant(
        on_postgresql, "postgresql"
    )


Id = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
Instant = BigInteger
LongText = (
    Text()
    .with_variant(mysql.LONGTEXT(charset=CHARSET, collation=COLLATION), "mysql", "mariadb")
    .with_variant(postgresql.TEXT(collation="C"), "postgresql")
)
Blob = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
Document = (
    JSON(none_as_null=True)
    .with_variant(DocumentText(none_as_null=True), "mysql", "mariadb")
    # Not JSONB: it would write 1e22 as a whole number, and keys in another order.
    .with_variant(postgresql.JSON(none_as_null=True), "postgresql")
)
