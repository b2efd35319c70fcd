"""How the way to a GitHub is opened and closed, once for an app; it asks nothing by itself."""

from __future__ import annotations

from headwater.ports.credentials import Credentials
from headwater.ports.sealer import Sealer
from headwater.sources.github.access import GitHubAccess
from headwater.sources.github.addresses import API, Addresses
from headwater.sources.github.client import Client
from headwater.sources.github.etags import Etags
from headwater.sources.github.exchange import Wire
from headwater.sources.github.grants import Grants, Pass
from headwater.sources.github.host import GitHubHost
from headwater.sources.github.line import Line
from headwater.sources.github.login import App

WITHIN_S = 20.0
AT_ONCE = 8
ETAG_BYTES = 16_000_000


class GitHub:
    """One GitHub, with one pool of connections, opened at the first request.

    Args:
        base: Its API.
        credentials: Where the tenants' are kept.
        sealer: What opens them.
        app: Who we are there.
        within_s: Seconds for one request.
        at_once: The most requests under way.
    """

    def __init__(
        self,
        base: str = API,
        *,
        credentials: Credentials,
        sealer: Sealer,
        app: App,
        within_s: float = WITHIN_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self.app = app
        self.addresses = Addresses(base)
        self._wire = Wire(connections=at_once)
        self.line = Line(self._wire, within_s=within_s, at_once=at_once)
        self._client = Client(self.line, self.addresses, etags=Etags(ETAG_BYTES))
        self.grants = Grants(
            self.line, self.addresses, credentials=credentials, sealer=sealer, app=app
        )
        self.host = GitHubHost(self._client, self.grants)
        self.access = GitHubAccess(self.line, self.addresses, sealer=sealer, app=app)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._wire.aclose()

    async def check(self) -> None:
        """Reach it once, as nobody: its root answers without counting for anyone.

        Raises:
            StoreFault: it is not there.
        """
        await self._client.get(self.addresses.api("meta"), by=Pass(gate="check"), where="meta")
