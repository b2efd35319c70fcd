"""How are a database's tables brought up to date? By Alembic, over an open connection.

It commits nothing: the unit of work that calls it does.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from headwater.stores.sql.server_schema import version_table

FOLDER = Path(__file__).parent


def configured(schema: str) -> Config:
    """Make Alembic's settings for the revisions of one schema, `estate` or `runs`."""
    config = Config()
    config.set_main_option("script_location", _escaped(FOLDER))
    config.set_main_option("version_locations", _escaped(FOLDER / schema))
    config.set_main_option("path_separator", "newline")
    return config


def upgrade(connection: Connection, schema: str, *, revision: str = "head") -> None:
    """Carry out the revisions that a database lacks up to one, within the transaction under way."""
    config = configured(schema)
    config.attributes["connection"] = connection
    config.attributes["version_table"] = version_table(connection, schema)
    command.upgrade(config, revision)


def _escaped(folder: Path) -> str:
    # The settings are read with % as the sign of an insertion.
    return str(folder).replace("%", "%%")
