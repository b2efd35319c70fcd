"""How does an empty SQLite file get its tables? By statements that the revisions came to.

Carrying out each revision takes twenty times as long, and Alembic to be imported. A file that
has tables is brought up to date by `run.py`, and so is every server.
`python -m headwater.stores.sql.migrations.first` writes the statements anew from the revisions.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, create_engine

FOLDER = Path(__file__).parent
END = ";\n"
NOW_US = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
FIRST_ROWS = {
    "estate": (f"INSERT INTO tenant (tenant_id, created_at) VALUES ('default', {NOW_US})",),  # noqa: S608  our own
    "runs": (),
}
"""What the revisions write besides tables."""


def make_first(connection: Connection, schema: str) -> None:
    """Make the tables of a schema in an empty SQLite file, in the transaction under way."""
    for statement in place_of(schema).read_text("utf-8").split(END):
        if statement:
            connection.exec_driver_sql(statement)


def place_of(schema: str) -> Path:
    """Return the file of a schema's statements."""
    return FOLDER / f"{schema}.sql"


def statements_of(connection: Connection, schema: str) -> str:
    """Return the statements that make a file such as one that its revisions just made."""
    made = (
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' ORDER BY rowid"
    )
    told = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    noted = f"INSERT INTO alembic_version (version_num) VALUES ('{told}')"  # noqa: S608  our own
    rows = [sql.strip() for (sql,) in connection.exec_driver_sql(made)]
    return "".join(f"{one}{END}" for one in (*rows, *FIRST_ROWS[schema], noted))


def write() -> None:
    """Write the statements of all schemas anew."""
    from headwater.stores.sql.migrations.run import upgrade

    for schema in FIRST_ROWS:
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            upgrade(connection, schema)
            place_of(schema).write_text(statements_of(connection, schema), "utf-8")
        engine.dispose()


if __name__ == "__main__":
    write()
