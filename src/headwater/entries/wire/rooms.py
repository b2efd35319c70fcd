"""Which rooms one client is in, and what they are told of them; it decides who may be there not.

Next: `headwater.app.rooms`
"""

from __future__ import annotations

import functools
from typing import Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.visit import Visit
from headwater.errors import LimitError, UsageError
from headwater.model.room import RoomEvent

MOST_ROOMS = 64
"""Rooms that one client may be in over one line."""


class Place(Protocol):
    """What is known of a room as somebody comes in."""

    @property
    def project(self) -> int:
        """Return whose room it is."""
        ...

    @property
    def seq(self) -> int:
        """Return the number of the last event."""
        ...

    @property
    def present(self) -> tuple[str, ...]:
        """Return who is there."""
        ...


class Client(Protocol):
    """Whoever is told what happens in rooms."""

    async def came_in(self, number: object, place: Place) -> None:
        """Tell that they are in a room, by the number of their request."""
        ...

    async def happened(self, event: RoomEvent) -> None:
        """Tell what happened."""
        ...

    async def put_out(self, project: int, error: Exception) -> None:
        """Tell why they are in a room no longer."""
        ...


class Rooms:
    """The rooms of one client.

    Args:
        hw: The app.
        visit: Who they are.
        client: Who is told.
        group: Lives as long as their line.
    """

    def __init__(
        self, hw: AsyncHeadwater, visit: Visit, *, client: Client, group: TaskGroup
    ) -> None:
        self._hw = hw
        self._visit = visit
        self._client = client
        self._group = group
        self._joined: dict[int, anyio.CancelScope] = {}

    async def join(self, project: int, *, after: int | None, number: object) -> None:
        """Come into a room; they are told so before anything that happens there.

        Raises:
            UsageError: `work.unknown`, `room.joined`.
            LimitError: `limit.rooms`.
        """
        if project in self._joined:
            message = f"this line is in the room of project {project} already; leave it first"
            raise UsageError(message, code="room.joined")
        if len(self._joined) >= MOST_ROOMS:
            message = f"this line is in {MOST_ROOMS} rooms; leave one, or open another line"
            raise LimitError(message, code="limit.rooms")
        scope = self._joined[project] = anyio.CancelScope()
        try:
            hold = functools.partial(self._hold, project, scope, after=after, number=number)
            await self._group.start(hold)
        except BaseException:
            self._forget(project, scope)
            raise

    def leave(self, project: int) -> None:
        """Leave a room.

        Raises:
            UsageError: `room.not_joined`.
        """
        scope = self._joined.pop(project, None)
        if scope is None:
            message = f"this line is not in the room of project {project}"
            raise UsageError(message, code="room.not_joined")
        scope.cancel()

    async def _hold(
        self,
        project: int,
        scope: anyio.CancelScope,
        *,
        after: int | None,
        number: object,
        task_status: TaskStatus[None],
    ) -> None:
        """Be in a room until they leave it, or are put out."""
        came_in = False
        try:
            with scope:
                who = self._visit.who
                async with self._hw.rooms.join(project, after=after, principal=who) as seat:
                    came_in = True
                    task_status.started()
                    await self._client.came_in(number, seat)
                    async for event in seat:  # the line ends with its key: see `Visit`
                        await self._client.happened(event)
        except Exception as error:
            if not came_in:
                raise
            self._forget(project, scope)
            await self._client.put_out(project, error)
        if not came_in:
            task_status.started()  # they left before they were in

    def _forget(self, project: int, scope: anyio.CancelScope) -> None:
        if self._joined.get(project) is scope:
            del self._joined[project]
