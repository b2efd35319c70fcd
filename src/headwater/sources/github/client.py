"""How GitHub's API is asked: one thing, a list, a change; it knows what none of it means.

Next: `headwater.sources.github.line`
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from yarl import URL

from headwater.sources.github.addresses import Addresses
from headwater.sources.github.ahead import Pages, fetched_ahead, last_page_of
from headwater.sources.github.etags import Etags, Had
from headwater.sources.github.faults import bad_answer
from headwater.sources.github.grants import Pass
from headwater.sources.github.line import Line
from headwater.sources.github.messages import Answer, Request

PAGE = 100
MOST_PAGES = 10_000


class Client:
    """GitHub's API, with what was had of it lately.

    Args:
        line: The way to it.
        addresses: Where its parts are.
        etags: What was had, so that asking again costs nothing.
    """

    def __init__(self, line: Line, addresses: Addresses, *, etags: Etags) -> None:
        self.addresses = addresses
        self._line = line
        self._etags = etags

    async def get(self, url: URL, *, by: Pass, where: str, tag: str | None = None) -> Answer:
        """Return what is at an address.

        Args:
            url: The address.
            by: What the request goes by.
            where: What messages call it.
            tag: The caller's own: if it still holds, the answer is `unchanged` and has no data.
        """
        had = None if tag else self._etags.get(by.gate, str(url))
        request = Request(
            method="GET",
            url=url,
            where=where,
            authorization=by.authorization,
            tag=tag if had is None else had.tag,
        )
        answer = await self._line.ask(request, gate=by.gate)
        if had is not None and answer.unchanged:
            return Answer(data=had.data, tag=had.tag, next_url=had.next_url, link=had.link)
        if answer.tag and not answer.unchanged and tag is None:
            kept = Had(answer.tag, answer.data, answer.next_url, answer.link, answer.size_bytes)
            self._etags.put(by.gate, str(url), kept)
        return answer

    async def change(
        self, method: str, url: URL, body: Mapping[str, Any], *, by: Pass, where: str
    ) -> Any:
        """Ask for a change, and return the answer's data.

        A POST makes something anew and is not repeated once it may have been carried out.
        """
        request = Request(
            method=method,
            url=url,
            where=where,
            authorization=by.authorization,
            body=json.dumps(body).encode(),
            repeatable=method != "POST",
        )
        return (await self._line.ask(request, gate=by.gate)).data

    async def rows(self, url: URL, *, by: Pass, where: str, limit: int) -> tuple[list[Any], bool]:
        """Return the first rows of a list, and whether there are more."""
        found: list[Any] = []
        wanted = url.update_query(per_page=str(min(PAGE, limit + 1)))
        for _ in range(MOST_PAGES):
            answer = await self.get(wanted, by=by, where=where)
            found += _list_in(answer, where=where)
            if len(found) > limit or answer.next_url is None:
                break
            wanted = self._next(answer.next_url, where=where)
        more = len(found) > limit or answer.next_url is not None
        return found[:limit], more

    @asynccontextmanager
    async def pages(
        self, url: URL, *, by: Pass, where: str, first: int = 1
    ) -> AsyncIterator[AsyncIterator[list[Any]]]:
        """Give a whole list page by page, from a page on, the next ones fetched meanwhile.

        Where GitHub does not say how many pages there are, one is fetched after the other.
        """
        start = url.update_query(per_page=str(PAGE), page=str(first))

        async def fetch(page: int) -> Answer:
            return await self._plain(start.update_query(page=str(page)), by=by, where=where)

        head = await fetch(first)
        last = last_page_of(head.link)
        if last is None:
            yield self._one_by_one(head, by=by, where=where)
            return
        async with fetched_ahead(
            fetch, range(first + 1, last + 1), at_once=self._line.at_once
        ) as rest:
            yield self._ahead(head, rest, by=by, where=where)

    async def _ahead(
        self, head: Answer, rest: Pages[Answer], *, by: Pass, where: str
    ) -> AsyncIterator[list[Any]]:
        """Give the pages that there were at first, and those that came to be meanwhile."""
        yield _list_in(head, where=where)
        newest = head
        while (answer := await rest.next()) is not None:
            newest = answer
            yield _list_in(answer, where=where)
        if newest.next_url is not None and newest is not head:
            more = await self._plain(self._next(newest.next_url, where=where), by=by, where=where)
            async for page in self._one_by_one(more, by=by, where=where):
                yield page

    async def _one_by_one(self, head: Answer, *, by: Pass, where: str) -> AsyncIterator[list[Any]]:
        answer = head
        for _ in range(MOST_PAGES):
            yield _list_in(answer, where=where)
            if answer.next_url is None:
                return
            url = self._next(answer.next_url, where=where)
            answer = await self._plain(url, by=by, where=where)

    async def _plain(self, url: URL, *, by: Pass, where: str) -> Answer:
        """Ask without keeping the answer, which nobody will ask for again."""
        request = Request(method="GET", url=url, where=where, authorization=by.authorization)
        return await self._line.ask(request, gate=by.gate)

    def _next(self, told: str, *, where: str) -> URL:
        """Return the address of the next page, if a token may go there."""
        url = URL(told)
        if not self.addresses.owns(url):
            raise bad_answer("the next page is at another host", where=where)
        return url


def _list_in(answer: Answer, *, where: str) -> list[Any]:
    if not isinstance(answer.data, list):
        raise bad_answer("it is no list", where=where)
    return answer.data
