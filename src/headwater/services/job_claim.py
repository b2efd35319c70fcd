"""How a job that waits in a thread of DBOS's is ended from the app's loop; it does no job."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

import anyio
from anyio import from_thread
from anyio.lowlevel import EventLoopToken
from dbos import DBOS

from headwater.model.job import Task

TELL_S = 0.5
"""Seconds between two looks whether a job was cancelled, and two marks of its progress."""
PROGRESS = "progress"
AGAIN_S = "again_s"


class Stopped(BaseException):
    """Leave a job to another process; DBOS keeps only what derives from `Exception` as its end."""


class DbosClaim:
    """A job that this process is to do now.

    Args:
        job_id: The job's id.
        task: What is to be done.
        token: The app's loop.
        tries: Which try it is, 1 and up.
    """

    def __init__(self, job_id: str, task: Task, *, token: EventLoopToken, tries: int = 1) -> None:
        self.job_id = job_id
        self.task = task
        self.tries = tries
        self._token = token
        self._revoked = anyio.Event()
        self._ended = threading.Event()
        self._abandoned = False
        self._progress: Mapping[str, Any] | None = None
        self._end: dict[str, Any] = {}

    def tell(self, progress: Mapping[str, Any]) -> None:
        """Tell how far it is; the last one told within half a second is kept."""
        self._progress = progress

    async def revoked(self) -> None:
        """Wait until somebody cancels the job."""
        await self._revoked.wait()

    def revoke(self) -> None:
        """Say that somebody has cancelled it."""
        self._revoked.set()

    def end(
        self, *, result: Mapping[str, Any] | None = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """End the job with a result, or with the facts of an error."""
        self._end = {"result": result, "error": error, PROGRESS: self._progress}
        self._ended.set()

    def again(self, *, error: Mapping[str, Any], after_s: float) -> None:
        """End this try with the facts of an error, to be followed by another."""
        self._end = {"result": None, "error": error, AGAIN_S: after_s}
        self._ended.set()

    def abandon(self) -> None:
        """Leave the job to another process."""
        self._abandoned = True
        self._ended.set()

    def wait(self) -> dict[str, Any]:
        """Wait, in DBOS's thread, for the end, and return it.

        Raises:
            Stopped: the claim was abandoned.
        """
        kept = None
        while not self._ended.wait(TELL_S):
            if self._progress is not kept:
                kept = self._progress
                DBOS.set_event(PROGRESS, kept)
            self._look_whether_cancelled()
        if self._abandoned:
            raise Stopped
        return self._end

    def _look_whether_cancelled(self) -> None:
        status = DBOS.get_workflow_status(self.job_id)
        if status is None or status.status == "CANCELLED":
            with contextlib.suppress(RuntimeError):  # the loop has ended
                from_thread.run_sync(self.revoke, token=self._token)
