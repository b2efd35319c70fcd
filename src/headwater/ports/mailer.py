"""What the inside needs to have mail carried away; it decides not what is sent, nor how often."""

from __future__ import annotations

from typing import Protocol

from headwater.model.notice import Letter


class Mailer(Protocol):
    """Whoever carries our mail away."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter over; on return somebody else has taken it upon himself to bring it.

        Raises:
            StoreFault: `mail.refused`, which is for good, or `mail.busy`, `mail.unreachable`,
                `mail.sign_in`, after which it may be tried again.
        """
        ...

    async def check(self) -> None:
        """Look whether letters can be handed over, without one.

        Raises:
            StoreFault: `mail.busy`, `mail.unreachable`, `mail.sign_in`.
        """
        ...
