"""What does an error of SQLite mean to the caller, and what should they change? It handles none."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy.exc import StatementError

from headwater.errors import HeadwaterError, StoreFault, UsageError
from headwater.stores.sql.sqlite_job import Stopped


def fault_of(error: BaseException, *, path: Path) -> BaseException:
    """Turn an error of SQLite into one that names the file and what to change.

    Anything else is given back as it is.
    """
    original = error.orig if isinstance(error, StatementError) else error
    if isinstance(original, StopIteration):
        # A future cannot carry it.
        return RuntimeError("a unit of work raised StopIteration")
    if isinstance(original, HeadwaterError | Stopped):
        return original  # raised within a statement, so SQLAlchemy wrapped it
    if not isinstance(original, sqlite3.Error):
        return error
    # Opening brought all tables up, so one that is missing now is another file's.
    gone = str(original).startswith("no such table")
    fault = replaced(path) if gone else _fault(original, path)
    fault.__cause__ = original
    return fault


def replaced(path: Path) -> StoreFault:
    """Make the error of a file that is no more the one that was opened."""
    message = f"{path} was removed or replaced while it was open; open the estate again"
    return StoreFault(message, code="store.replaced", retry_safe=False)


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _fault(error: sqlite3.Error, path: Path) -> HeadwaterError:
    code = getattr(error, "sqlite_errorcode", 0)
    primary = code & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        message = f"{path} is being written by another process; try again when it has finished"
        return StoreFault(message, code="store.busy", retry_safe=True)
    if primary == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:  # the log's index
        message = f"no room left to write {path}; free space on its disk and try again"
        return StoreFault(message, code="store.full", retry_safe=False)
    if primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}:
        return _not_writable(path)
    if primary in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return _not_readable(path, primary)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    hint = "; look whether its disk is full or failing" if primary == sqlite3.SQLITE_IOERR else ""
    return StoreFault(f"{path}: SQLite failed: {error} ({name}){hint}", code="store.failed")


def _not_writable(path: Path) -> HeadwaterError:
    # Not by methods of Path: they raise where a name is too long for the system.
    if os.path.isdir(path):  # noqa: PTH112
        message = f"{path} is a folder; name a file in it, such as {path / 'estate.db'}"
        return UsageError(message, code="store.is_folder")
    if not os.path.isdir(path.parent):  # noqa: PTH112
        message = f"there is no folder {path.parent}; create it or name another database"
        return UsageError(message, code="store.no_folder")
    message = (
        f"cannot write {path}: SQLite needs to write the file and its folder {path.parent}; "
        "make both writable or name another database"
    )
    return StoreFault(message, code="store.read_only", retry_safe=False)


def _not_readable(path: Path, primary: int) -> HeadwaterError:
    if primary == sqlite3.SQLITE_NOTADB:
        message = f"{path} is not a SQLite database; name another file or move this one away"
        return UsageError(message, code="store.not_a_database")
    message = f"{path} is damaged; restore it from a copy, or load the estate into a new file"
    return StoreFault(message, code="store.corrupt", retry_safe=False)
