"""How selective are the estate's indexes? SQLite is told once, and so plans the same way always.

Without statistics it takes any index on a tenant's rows for a search of ten of them, and would
look through a whole estate beside a word or an id at hand. These figures stand for a large
estate of one tenant; ANALYZE would replace them by what it counts. Other databases count
for themselves.
"""

from __future__ import annotations

from sqlalchemy import Connection

Hint = tuple[str, str, str]

HINTS: tuple[Hint, ...] = (
    ("configuration_item", "sqlite_autoindex_configuration_item_1", "1000000 1000000 1"),
    ("configuration_item", "ix_item_live", "1000000 1000000 1000000 1"),
    ("configuration_item", "ix_item_name", "1000000 1000000 1000000 10 1"),
    ("configuration_item", "ix_item_type", "1000000 1000000 1000000 50000 1"),
    ("configuration_item", "ix_item_status", "1000000 1000000 1000000 200000 1"),
    ("configuration_item", "ix_item_owner", "1000000 1000000 1000000 5000 1"),
    ("configuration_item", "ix_item_location", "1000000 1000000 1000000 500 1"),
    ("tag", "tag", "5000000 5000000 5 1"),
    ("tag", "ix_tag_value", "5000000 5000000 1000000 5000 1"),
    ("relation", "sqlite_autoindex_relation_1", "3000000 3000000 4 2 1 1"),
    ("relation", "ix_relation_out", "3000000 3000000 4 2 1 1"),
    ("relation", "ix_relation_in", "3000000 3000000 4 2 1 1"),
    ("series", "sqlite_autoindex_series_1", "1000000 1000000 10000 1"),
    ("series", "ix_series_ci", "1000000 1000000 10 1"),
    ("sample", "sample", "100000000 100000000 2000 1"),
    ("history_entry", "sqlite_autoindex_history_entry_1", "1000000 1000000 20 10 1 1"),
    ("history_entry", "ix_history_at", "1000000 1000000 2 1"),
    ("history_entry", "ix_history_ci_at", "1000000 1000000 20 1 1"),
    ("document", "sqlite_autoindex_document_1", "10000 10000 1"),
    ("document", "ix_document_updated", "10000 10000 1 1"),
    ("passage", "ix_passage_document", "100000 100000 10 1"),
    ("passage", "ix_passage_id", "100000 100000 1"),
    ("passage_item", "passage_item", "300000 300000 30 1"),
    ("passage_item", "ix_passage_item_passage", "300000 300000 3"),
    ("passage_words", "sqlite_autoindex_passage_words_1", "100000 100000 1"),
    ("passage_vector", "sqlite_autoindex_passage_vector_1", "100000 100000 1 1"),
    ("passage_vector", "ix_passage_vector_id", "100000 100000 100000 1"),
)
"""Table, index and, as `sqlite_stat1` has it: rows, then rows for each value of its first column,
of its first two, and so on. A table without row ids stands for its own key; a unique key without
a name of its own in SQLite goes by `sqlite_autoindex_`."""


def write_hints(connection: Connection) -> None:
    """Tell SQLite the figures; other databases are left alone."""
    if connection.dialect.name != "sqlite":
        return
    # ANALYZE makes the table that the figures are kept in.
    connection.exec_driver_sql("ANALYZE data_version")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    insert = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)"
    connection.exec_driver_sql(insert, list(HINTS))
    # This makes the connection at hand read them; others do when they see the new schema.
    connection.exec_driver_sql("ANALYZE sqlite_schema")
