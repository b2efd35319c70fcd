"""What stands where no key is set to seal secrets by: it keeps none, and needs no cryptography."""

from __future__ import annotations

from headwater.errors import UsageError

SETTING = "HEADWATER_SEALING_KEY"


class NoSealer:
    """Stands where no key is set: it keeps no secret, rather than keeping one readable."""

    def seal(self, text: str, *, about: str) -> str:
        """Refuse.

        Raises:
            UsageError: `sealing.off`.
        """
        del text
        raise _off(about)

    def open(self, sealed: str, *, about: str) -> str:
        """Refuse.

        Raises:
            UsageError: `sealing.off`.
        """
        del sealed
        raise _off(about)

    def is_current(self, sealed: str) -> bool:
        """Tell that it is: nobody could seal it again."""
        del sealed
        return True


def _off(about: str) -> UsageError:
    message = f"{about} may only be kept sealed, and no key is set; set {SETTING}"
    return UsageError(message, code="sealing.off")
