"""Where background jobs are kept for an estate; it opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headwater.app.settings import Settings

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class JobPlace:
    """The database of jobs, and the folder of what they work on."""

    url: str
    folder: Path


def job_place(url: str, settings: Settings, *, nowhere: Path) -> JobPlace:
    """Say where jobs are kept: beside an estate of SQLite, on its own server if that is PostgreSQL.

    Those of an estate in memory are `nowhere`, in a folder that goes with it.
    """
    home = _home(url, settings, nowhere)
    folder = Path(settings.jobs_folder) if settings.jobs_folder else home.with_suffix(".jobs")
    own = url if url.startswith(POSTGRES) else f"{SQLITE}{home.with_suffix('.jobs.db')}"
    where = settings.jobs_database or own
    if where.startswith(POSTGRES):
        where = f"postgresql://{where.partition('://')[2]}"
    return JobPlace(where, folder)


def _home(url: str, settings: Settings, nowhere: Path) -> Path:
    """Return the file beside which jobs are, if they have no place of their own."""
    if url.startswith(SQLITE):
        return Path(url.removeprefix(SQLITE))
    if url.startswith("memory:"):
        return nowhere / "memory.db"
    return Path(settings.default_url.removeprefix(SQLITE))
