"""Who stands behind the ports of repositories, as `wiring.py` does behind the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from anyio import to_thread

from headwater.app.settings import Settings
from headwater.ports.code_access import CodeAccess
from headwater.ports.code_host import CodeHost
from headwater.ports.credentials import Credentials
from headwater.ports.deliveries import Deliveries
from headwater.ports.probed import Probed
from headwater.ports.repositories import Repositories
from headwater.ports.sealer import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeKept:
    """What is kept of repositories, all of one place."""

    credentials: Credentials
    repositories: Repositories
    deliveries: Deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Repositories: what is kept of them, and their host."""

    kept: CodeKept
    host: CodeHost
    access: CodeAccess
    probe: Probed

    @property
    def supplies(self) -> dict[type, Any]:
        """Return what tools may ask for, by the port's Protocol."""
        return {
            CodeHost: self.host,
            Repositories: self.kept.repositories,
            Deliveries: self.kept.deliveries,
        }


def code_in_memory() -> CodeKept:
    """Return the adapters in memory."""
    from headwater.stores.memory.credentials import MemoryCredentials
    from headwater.stores.memory.deliveries import MemoryDeliveries
    from headwater.stores.memory.repositories import MemoryRepositories

    return CodeKept(
        credentials=MemoryCredentials(),
        repositories=MemoryRepositories(),
        deliveries=MemoryDeliveries(),
    )


def code_in_sql(database: Any) -> CodeKept:
    """Return the adapters over a database."""
    from headwater.stores.sql.credentials import SqlCredentials
    from headwater.stores.sql.deliveries import SqlDeliveries
    from headwater.stores.sql.repositories import SqlRepositories

    return CodeKept(
        credentials=SqlCredentials(database),
        repositories=SqlRepositories(database),
        deliveries=SqlDeliveries(database),
    )


@asynccontextmanager
async def open_code(settings: Settings, kept: CodeKept, sealer: Sealer) -> AsyncIterator[Code]:
    """Open the way to GitHub; it connects to nothing before the first request.

    Raises:
        UsageError: `settings.bad`.
    """
    github = await to_thread.run_sync(_github, settings, kept, sealer)
    async with aclosing(github):
        yield Code(kept=kept, host=github.host, access=github.access, probe=github)


def _github(settings: Settings, kept: CodeKept, sealer: Sealer) -> Any:
    """Make the way to GitHub; what it is made of is imported here, in a thread."""
    from headwater.sources.github.login import App
    from headwater.sources.github.opening import GitHub

    return GitHub(
        settings.github_url,
        credentials=kept.credentials,
        sealer=sealer,
        app=App(**settings.github_app),
        at_once=settings.github_at_once,
    )
