"""Who asks; it does not check anything."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_TENANT = "default"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, with tenant and roles: an explicit argument from the door to the query."""

    tenant: str = DEFAULT_TENANT
    name: str = "local"
    roles: tuple[str, ...] = ("admin",)

    @property
    def scope(self) -> str:
        """Name what this principal may see: equal scopes may share cached and flying results."""
        return repr((self.tenant, *sorted(self.roles)))  # no separator that a name could hold

    @property
    def own_scope(self) -> str:
        """Name what this principal alone may see: nobody of another name shares it."""
        return repr((self.tenant, *sorted(self.roles), ("own", self.name)))
