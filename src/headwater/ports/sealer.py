"""What the inside needs to keep others' secrets; it makes nothing unreadable itself."""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Texts made unreadable for whoever has the database and not the key."""

    def seal(self, text: str, *, about: str) -> str:
        """Return a text sealed, to be kept; the same text gives another result each time.

        Args:
            text: The secret.
            about: What it belongs to, such as `github.token/acme/12`; it opens as that alone.

        Raises:
            UsageError: `sealing.off`, no key is set.
        """
        ...

    def open(self, sealed: str, *, about: str) -> str:
        """Return what was sealed as this.

        Raises:
            UsageError: `sealing.off`, no key is set.
            StoreFault: `sealing.unreadable`: another key's, another thing's, or changed.
        """
        ...

    def is_current(self, sealed: str) -> bool:
        """Tell whether the newest key has sealed it; if not, open it and seal it again."""
        ...
