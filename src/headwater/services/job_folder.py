"""Where jobs keep what they work on, and which processes share that place; it runs no job.

A process that takes jobs holds a lock on a file of its own in `workers`. The system lets go of it
when the process ends, however it ends, so that others see at once whose jobs are left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import IO
from uuid import uuid4

NAME = "folder.id"
UPLOADS = "uploads"
WORKERS = "workers"
WHOLE = "upload"


class JobFolder:
    """A folder that processes share; every method blocks.

    Args:
        folder: It is made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[bytes] | None = None
        for each in (folder, folder / UPLOADS, folder / WORKERS):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.id = self._find_id()

    def _find_id(self) -> str:
        """Return the folder's own name, the same for all who share it."""
        file = self._folder / NAME
        fresh = self._folder / f"{NAME}.{uuid4().hex}"
        fresh.write_text(uuid4().hex, "ascii")
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)  # whoever comes first names it
        fresh.unlink()
        return file.read_text("ascii")

    def enter(self, worker: str) -> None:
        """Take the lock that says that this worker lives."""
        file = self._folder / WORKERS / worker
        fresh = file.with_suffix(".new")
        self._lock = fresh.open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        fresh.rename(file)

    def leave(self) -> None:
        """Let go of the lock; the file stays, so that others look after what is left."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def dead(self) -> list[str]:
        """Return the workers whose processes have ended."""
        return [file.name for file in self._workers() if _is_free(file)]

    def bury(self, worker: str) -> None:
        """Forget a worker of whom nothing is left."""
        (self._folder / WORKERS / worker).unlink(missing_ok=True)

    def _workers(self) -> list[Path]:
        folder = self._folder / WORKERS
        return sorted(one for one in folder.iterdir() if one.suffix != ".new")

    def of_job(self, job_id: str) -> Path:
        """Return the folder of what was kept for a job."""
        return self._folder / UPLOADS / job_id

    def upload_of(self, job_id: str) -> Path:
        """Return where what was kept for a job is."""
        return self.of_job(job_id) / WHOLE

    def begin_upload(self, job_id: str) -> IO[bytes]:
        """Open the file into which an upload goes; its name says that it is not whole."""
        self.of_job(job_id).mkdir(mode=0o700)
        return self.upload_of(job_id).with_suffix(".part").open("wb")

    def end_upload(self, job_id: str, file: IO[bytes]) -> None:
        """Bring an upload to the disk, and give it its name."""
        file.flush()
        os.fsync(file.fileno())
        file.close()
        self.upload_of(job_id).with_suffix(".part").rename(self.upload_of(job_id))
        for folder in (self.of_job(job_id), self._folder / UPLOADS):
            _sync(folder)

    def drop(self, job_id: str) -> None:
        """Remove what was kept for a job."""
        shutil.rmtree(self.of_job(job_id), ignore_errors=True)

    def jobs(self) -> list[tuple[str, float]]:
        """Return the jobs for which something is kept, and since when, in epoch seconds."""
        return [(one.name, one.stat().st_mtime) for one in (self._folder / UPLOADS).iterdir()]


def _is_free(file: Path) -> bool:
    """Tell whether nobody holds a file's lock."""
    try:
        with file.open("r+b") as lock:  # some network file systems lock only what may be written
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return False
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
