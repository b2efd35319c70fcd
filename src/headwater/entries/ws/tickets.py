"""Short-lived words that let a connection in once, in place of a key; they are kept here alone.

A browser cannot send headers with a WebSocket: what lets it in stands in the URL, which proxies
and logs keep. So it must be worth nothing after its one use.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import anyio

KEPT_S = 15.0
"""Seconds for which a ticket holds."""
MOST = 10_000
"""Tickets that are kept; beyond, the oldest go."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whom a connection is for, and until when it may be made, on the loop's clock."""

    connection_id: str
    credential: str
    ends_at: float


class Tickets:
    """The tickets of one server."""

    def __init__(self) -> None:
        self._kept: dict[str, Ticket] = {}

    def issue(self, credential: str) -> tuple[str, Ticket]:
        """Return a new ticket for whoever has this key, and the word that it is taken by."""
        now = anyio.current_time()
        while self._kept and (len(self._kept) >= MOST or self._oldest().ends_at <= now):
            del self._kept[next(iter(self._kept))]
        word = secrets.token_urlsafe(32)
        ticket = Ticket(secrets.token_urlsafe(16), credential, now + KEPT_S)
        self._kept[word] = ticket
        return word, ticket

    def take(self, word: str) -> Ticket | None:
        """Return the ticket of a word, once, or None where there is none that holds."""
        ticket = self._kept.pop(word, None)
        if ticket is None or ticket.ends_at <= anyio.current_time():
            return None
        return ticket

    def _oldest(self) -> Ticket:
        return next(iter(self._kept.values()))
