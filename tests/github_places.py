"""A host over a stand-in of GitHub, with credentials in memory, for the tests beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from github_standin import GOOD, GitHubStandin, Repository

from headwater.model.principal import Principal
from headwater.model.repository_link import CodePlace, Credential, Grant
from headwater.ports.credentials import Credentials
from headwater.ports.sealer import Sealer
from headwater.services.sealing import FernetSealer
from headwater.sources.github.grants import sealed_of
from headwater.sources.github.host import GitHubHost
from headwater.sources.github.login import App
from headwater.sources.github.opening import GitHub
from headwater.stores.memory.credentials import MemoryCredentials

WHO = Principal(tenant="acme", name="ann", roles=("operator",))
AT = CodePlace(repository="acme/shop", credential="robot")
APP = App(client_id="Iv1.client", client_secret="client-secret")


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a test of the host has at hand."""

    standin: GitHubStandin
    repo: Repository
    github: GitHub
    credentials: Credentials
    sealer: Sealer

    @property
    def host(self) -> GitHubHost:
        """Return the host."""
        return self.github.host

    async def give(self, grant: Grant, name: str = "robot", *patterns: str) -> None:
        """Keep a credential."""
        told = Credential(
            name=name,
            kind="token",
            repositories=patterns or ("*",),
            created_at=datetime.now(UTC),
            expires_at=grant.expires_at,
            made_by="ann",
        )
        sealed = sealed_of(self.sealer, name, grant, principal=WHO)
        await self.credentials.put(told, sealed=sealed, principal=WHO)


@asynccontextmanager
async def a_place(*, app: App = APP, within_s: float = 5.0) -> AsyncIterator[Place]:
    """Give a host whose credential `robot` is good."""
    standin, credentials = GitHubStandin(), MemoryCredentials()
    sealer = FernetSealer(["a key of the tests, over 32 characters"])
    async with standin.served() as url:
        github = GitHub(url, credentials=credentials, sealer=sealer, app=app, within_s=within_s)
        async with aclosing(github):
            place = Place(
                standin=standin,
                repo=standin.repository(),
                github=github,
                credentials=credentials,
                sealer=sealer,
            )
            await place.give(Grant(token=GOOD))
            yield place
