"""How a command becomes a request and its answer data or an error; it knows what no command means.

Next: `headwater.stores.astra.line`
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import anyio
from yarl import URL

from headwater.errors import HeadwaterError, UsageError
from headwater.stores.astra.exchange import Reply
from headwater.stores.astra.faults import api_errors, bad_answer, refusal
from headwater.stores.astra.line import Line
from headwater.stores.astra.values import encode, with_vector

NAME = re.compile(r"[A-Za-z0-9_]{1,48}")
ItemT = TypeVar("ItemT")


class Commands:
    """The commands of one keyspace.

    Args:
        line: The way to the database.
        url: The keyspace's.
    """

    def __init__(self, line: Line, url: URL) -> None:
        self.at_once = line.at_once
        self._line = line
        self._url = url
        self._urls: dict[str, URL] = {}

    async def send(
        self,
        command: Mapping[str, Any],
        *,
        collection: str | None = None,
        repeatable: bool = True,
        partly: str | None = None,
    ) -> Reply:
        """Send a command and return its answer, which has no errors.

        Args:
            command: As the API takes it, with one key.
            collection: On which; the keyspace itself where there is none.
            repeatable: Whether carrying it out twice is the same as once.
            partly: A key of `status`; where it is there, the answer may have errors as well.

        Raises:
            UsageError: `astra.bad_name`, `astra.bad_value`, `astra.refused`,
                `astra.unauthorized`, `client.closed`.
            LimitError: `astra.breaker_open`, `astra.overloaded`.
            StoreFault: `astra.unreachable`, `astra.timeout`, `astra.unavailable`, `astra.failed`,
                `astra.answer_lost`, `astra.bad_answer`.
        """
        return await self.ask(
            encode(command),
            collection=collection,
            repeatable=repeatable,
            partly=partly,
            where=where(command, collection),
        )

    async def ask(
        self,
        body: bytes,
        *,
        collection: str | None,
        where: str,
        repeatable: bool = True,
        partly: str | None = None,
    ) -> Reply:
        """Send a command that is written already; as `send`."""
        url = self._url if collection is None else self._at(collection)
        reply = await self._line.ask(url, body, repeatable=repeatable, where=where)
        if "errors" in reply.answer:
            errors = api_errors(reply.answer)
            if errors and (partly is None or partly not in status_of(reply, where=where)):
                raise self._line.scrub(refusal(errors, where=where))
        return reply

    def _at(self, collection: str) -> URL:
        """Return a collection's address."""
        url = self._urls.get(collection)
        if url is None:
            check_name(collection)
            url = self._urls[collection] = self._url / collection
        return url


def where(command: Mapping[str, Any], collection: str | None) -> str:
    """Return what messages call a command."""
    return " ".join((*command, "on", collection) if collection else command)


def check_name(name: str) -> None:
    """Refuse what is no name of a collection or keyspace.

    Raises:
        UsageError: `astra.bad_name`.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        message = f"{name!r} is no name: letters, digits and _, at most 48 of them"
        raise UsageError(message, code="astra.bad_name")


def status_of(reply: Reply, *, where: str) -> dict[str, Any]:
    """Return the `status` of an answer; empty where it has none.

    Raises:
        StoreFault: `astra.bad_answer`.
    """
    status = reply.answer.get("status") or {}
    if not isinstance(status, dict):
        raise bad_answer("its status is no object", where=where)
    return status


def number_in(reply: Reply, name: str, *, where: str) -> int:
    """Return a number of the `status`.

    Raises:
        StoreFault: `astra.bad_answer`.
    """
    number = status_of(reply, where=where).get(name)
    if not isinstance(number, int):
        raise bad_answer(f"its status has no {name}", where=where)
    return number


def clauses(**given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the clauses of a command that are given, with vectors as they are sent."""
    return {
        name: {key: _part(part) for key, part in with_vector(clause).items()}
        for name, clause in given.items()
        if clause is not None
    }


def _part(part: Any) -> Any:
    return with_vector(part) if isinstance(part, Mapping) else part


async def each(
    work: Callable[[ItemT], Awaitable[None]], items: Sequence[ItemT], *, at_once: int
) -> None:
    """Do work for every item, so many at once; the first error ends it all and is raised."""
    waiting = iter(items)
    errors: list[HeadwaterError] = []

    async def worker() -> None:
        try:
            for item in waiting:
                await work(item)
        except HeadwaterError as error:
            errors.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(min(at_once, len(items))):
            group.start_soon(worker)
    if errors:
        raise errors[0]
