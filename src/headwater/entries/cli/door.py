"""How a command gets at the one door, the app; it asks it nothing.

Commands import it when they are carried out, so that help does not wait for the app.

Next: `headwater.app.service`
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headwater.app.service import AsyncHeadwater
from headwater.app.settings import find_settings
from headwater.entries.cli.decode import checked
from headwater.entries.cli.options import Options


@asynccontextmanager
async def opened(
    options: Options, *, asks: bool = False, keeps_jobs: bool = False
) -> AsyncIterator[AsyncHeadwater]:
    """Open the estate that the options name, for as long as the command takes.

    A command that asks no question in words does not wait until questions are prepared for; one
    that keeps jobs does none of them.
    """
    settings = find_settings()
    if not asks:
        settings = settings.model_copy(update={"prepare": False})
    if keeps_jobs:
        settings = settings.model_copy(update={"jobs": True, "jobs_at_once": 0})
    database = checked(options.database or "", "--database") or None
    tenant = checked(options.tenant or "", "--tenant") or None
    async with AsyncHeadwater.open(database, tenant=tenant, settings=settings) as app:
        yield app
