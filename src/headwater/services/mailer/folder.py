"""How letters go into a folder, one file each, to be looked at; it sends none.

For development, and for a mail server on the same machine that takes what lies there. A letter's
file is named after it, so that one sent twice is there once.
"""

from __future__ import annotations

import os
from email.headerregistry import Address
from pathlib import Path
from uuid import uuid4

from anyio import to_thread

from headwater.model.notice import Letter
from headwater.services.mailer import faults
from headwater.services.mailer.mime import as_mime


class FolderMailer:
    """Puts letters into a folder, as `.eml` files.

    Args:
        folder: It is made where it is not there.
        sender: Who sends.
    """

    def __init__(self, folder: Path, sender: Address) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, letter: Letter) -> None:
        """Write a letter to the disk.

        Raises:
            StoreFault: `mail.refused`, `mail.unreachable` where it cannot be written.
        """
        mail = as_mime(letter, self._sender).as_bytes()
        name = f"{letter.at:%Y%m%dT%H%M%S}-{letter.id}.eml"
        try:
            await to_thread.run_sync(_write, self._folder, name, mail)
        except OSError as error:
            raise faults.unreachable(f"{self._folder}: {error.strerror}") from error

    async def check(self) -> None:
        """Look whether the folder can be written.

        Raises:
            StoreFault: `mail.unreachable`.
        """
        try:
            await to_thread.run_sync(_probe, self._folder)
        except OSError as error:
            raise faults.unreachable(f"{self._folder}: {error.strerror}") from error


def _write(folder: Path, name: str, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f".{name}.{uuid4().hex}"
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(folder / name)


def _probe(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f".probe.{uuid4().hex}"
    fresh.touch()
    fresh.unlink()
