"""Who owns the tasks of runs, so that what does not end in time holds nobody up."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Self

import anyio
from anyio.abc import TaskGroup

from headwater.errors import UsageError


class Reaper:
    """The app's task group for the work of runs and calls, and a count of what outlived its run.

    A tool that swallows its cancellation cannot be stopped; it is left here, counted, and
    cancelled again when the app closes.

    Args:
        group: A task group that lives as long as the app.
    """

    def __init__(self, group: TaskGroup) -> None:
        self.group = group
        self.left_behind = 0

    def crew(self, *, grace_s: float, ends_at: float = math.inf) -> Crew:
        """Return a crew whose work is dismissed when its `async with` block ends.

        `ends_at`, on the loop's clock, is when clean-up holds nobody up any more.
        """
        return Crew(self, grace_s=grace_s, ends_at=ends_at)

    def start(self, work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
        """Start a task of the app.

        Raises:
            UsageError: `client.closed`.
        """
        try:
            if self.group.cancel_scope.cancel_called:
                raise RuntimeError  # noqa: TRY301 (as the group itself does once it has ended)
            self.group.start_soon(work, *args)
        except RuntimeError as error:
            message = "this client is closed; open another"
            raise UsageError(message, code="client.closed") from error


class Crew:
    """The tasks of one run, or of one call that the app carries.

    Leaving the `async with` block cancels what still runs, waits `grace_s` for its clean-up, but
    not past `ends_at`, and leaves the rest to the reaper.
    """

    def __init__(self, reaper: Reaper, *, grace_s: float, ends_at: float) -> None:
        self._reaper = reaper
        self._grace_s = grace_s
        self._ends_at = ends_at
        self._scopes: set[anyio.CancelScope] = set()
        self._alive = 0
        self._idle = anyio.Event()
        self.dismissed = False
        self._left_behind = False
        self._bug: Exception | None = None

    async def __aenter__(self) -> Self:
        """Give the crew."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Dismiss it."""
        await self.dismiss()  # noqa: ASYNC102 (shielded and bounded in there)

    async def dismiss(self) -> None:
        """End its work now: nothing more begins, and who does not end in time is left behind."""
        self.dismissed = True
        for scope in tuple(self._scopes):
            scope.cancel()
        if not self._alive:
            return
        until = min(anyio.current_time() + self._grace_s, self._ends_at)
        with anyio.CancelScope(deadline=until, shield=True):
            await self._idle.wait()
        if self._alive:
            self._left_behind = True
            self._reaper.left_behind += self._alive

    def start(self, work: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Start a task.

        Raises:
            UsageError: `client.closed`.
        """
        self._reaper.start(self._guard, work, args)
        self._alive += 1

    async def idle(self) -> None:
        """Wait until no task runs.

        Raises:
            Exception: what a task raised, which only a fault of ours can be.
        """
        if self._alive:
            await self._idle.wait()
        if self._bug is not None:
            raise self._bug

    async def _guard(self, work: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                if not self.dismissed:
                    await work(*args)
            except Exception as error:  # noqa: BLE001 (it is raised again by `idle`)
                self._bug = error
            finally:
                self._scopes.discard(scope)
                self._ended()

    def _ended(self) -> None:
        self._alive -= 1
        if self._left_behind:
            self._reaper.left_behind -= 1
        if not self._alive or self._bug is not None:
            self._idle.set()
