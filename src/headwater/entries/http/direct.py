"""Which operation a request is for, found by one look-up; it knows none itself.

FastAPI finds a route by trying one after the other, through seven layers for things that are not
used here: for a tool's call that took as long as the call. What is not found here is left to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from starlette.requests import Request

from headwater.entries.http.describing import Operation
from headwater.entries.http.routing import Endpoint, answered
from headwater.entries.wire.asgi import Receive, Scope, Send


class Direct:
    """Hand requests to operations, and what is for none of them to FastAPI.

    Args:
        api: The same operations as FastAPI has them.
        operations: Those to be found at once: paths without a parameter, or with one at the end.
    """

    def __init__(self, api: FastAPI, operations: Iterable[Operation]) -> None:
        self.api = api
        self._whole: dict[tuple[str, str], Endpoint] = {}
        self._begun: dict[tuple[str, str], tuple[str, Endpoint]] = {}
        for one in operations:
            before, brace, name = one.path.partition("{")
            if not brace:
                self._whole[one.method, one.path] = one.endpoint
            elif name.find("}") == len(name) - 1:
                self._begun[one.method, before] = name[:-1], one.endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request to what answers it."""
        method, path = scope["method"], scope["path"]
        endpoint = self._whole.get((method, path))
        if endpoint is None:
            cut = path.rfind("/") + 1
            name, endpoint = self._begun.get((method, path[:cut]), ("", None))
            if endpoint is None or cut == len(path):
                await self.api(scope, receive, send)
                return
            scope["path_params"] = {name: path[cut:]}
        response = await answered(endpoint, Request(scope, receive, send))
        await response(scope, receive, send)
