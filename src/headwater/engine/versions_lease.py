"""Which data versions may a direct call go by? Those read last, for a moment; it keeps no data.

Next: `ports/versions.py`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from headwater.engine.clock import loop_clock
from headwater.engine.flights import Flights
from headwater.model.principal import Principal
from headwater.ports.versions import Versions

LEASE_S = 0.02
"""How old versions may be: below what anyone sees, above the time a loaded process needs to use
one reading for hundreds of calls (`docs/decisions/versions-lease.md`)."""
TENANTS = 10_000
"""Tenants whose versions are kept; beyond, the ones kept longest go."""


class LeasedVersions:
    """Versions that are read once for all calls of a tenant within the lease.

    Another process's write is seen when the lease ends, one made within `written` at once.

    Args:
        versions: Who knows them.
        lease_s: Seconds for which a reading holds.
        now: A monotonic clock in seconds; the running loop's where it is left out.
    """

    def __init__(
        self,
        versions: Versions,
        *,
        lease_s: float = LEASE_S,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._versions = versions
        self._lease_s = lease_s
        self._now = now or loop_clock()
        self._read: dict[str, tuple[float, Mapping[str, int]]] = {}
        self._writes = 0
        self._flights = Flights()

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the tenant's numbers by port, at most a lease old.

        Raises:
            HeadwaterError: what reading them raises.
        """
        kept = self._read.get(principal.tenant)
        if kept is not None and self._now() - kept[0] < self._lease_s:
            return kept[1]
        writes = self._writes  # what one reads that began before a write is nobody's after it
        with self._flights.share((principal.tenant, writes)) as flight:
            if flight.waits and await flight.landing():
                numbers: Mapping[str, int] = flight.result()
                return numbers
            started_at = self._now()
            numbers = await self._versions.current(principal=principal)
            flight.land(numbers)
        if writes == self._writes:
            self._keep(principal.tenant, started_at, numbers)
        return numbers

    def forget(self, *, principal: Principal) -> None:
        """Have the next call read: this process wrote, and what is being read may be older."""
        self._read.pop(principal.tenant, None)
        self._writes += 1

    @contextmanager
    def written(self, *, principal: Principal) -> Iterator[None]:
        """Forget a tenant's versions when a write ends, however it does."""
        try:
            yield
        finally:
            self.forget(principal=principal)

    def _keep(self, tenant: str, at: float, numbers: Mapping[str, int]) -> None:
        self._read.pop(tenant, None)
        self._read[tenant] = (at, numbers)
        while len(self._read) > TENANTS:
            del self._read[next(iter(self._read))]
