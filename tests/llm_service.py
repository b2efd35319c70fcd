"""A scripted OpenAI-compatible service on loopback: each request takes the script's next turn."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is answered to one request.

    Args:
        text: What the model writes; `whole`: the body instead of all else.
        cut: The connection breaks off within the body.
        hangs: Nothing comes until the service ends.
        holds: What a stream waits for before its second half.
    """

    text: str | None = "Fine."
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    usage: tuple[int, int] | None = (11, 7)
    whole: str | None = None
    cut: bool = False
    hangs: bool = False
    holds: anyio.Event | None = None
    ends: bool = True
    """Whether a stream says how it ended."""
    fails_midway: bool = False
    """Whether a stream tells an error after half of the text."""

    def body(self, model: str) -> str:
        """Return the body in the service's words."""
        if self.whole is not None:
            return self.whole
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        message |= {"refusal": self.refusal}
        if self.tool_calls is not None:
            message |= {"tool_calls": self.tool_calls}
        answer: dict[str, Any] = {
            "id": "one",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [{"index": 0, "finish_reason": self.finish, "message": message}],
        }
        if self.usage is not None:
            read, written = self.usage
            answer["usage"] = {
                "prompt_tokens": read,
                "completion_tokens": written,
                "total_tokens": read + written,
            }
        return json.dumps(answer)

    def stream(self, model: str) -> list[str]:
        """Return the same as a stream's events, the text in pieces of a few characters."""
        head = {"id": "one", "object": "chat.completion.chunk", "created": 1, "model": model}

        def event(delta: dict[str, Any], finish: str | None = None) -> str:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"

        if self.whole is not None:
            return [f"data: {self.whole}\n\n", "data: [DONE]\n\n"]
        text = self.text or ""
        pieces = [text[at : at + 8] for at in range(0, len(text), 8)]
        events = [event({"role": "assistant", "content": ""})]
        events += [event({"content": one}) for one in pieces]
        if self.fails_midway:
            half = events[: len(events) // 2 + 1]
            return [*half, 'data: {"error": {"message": "secret reason", "code": 500}}\n\n']
        if self.refusal is not None:
            events.append(event({"refusal": self.refusal}))
        if self.tool_calls is not None:
            events.append(
                event(
                    {"tool_calls": [{"index": n, **one} for n, one in enumerate(self.tool_calls)]}
                )
            )
        if self.ends:
            events.append(event({}, self.finish))
        if self.usage is not None:
            read, written = self.usage
            usage = {
                "prompt_tokens": read,
                "completion_tokens": written,
                "total_tokens": read + written,
            }
            events.append(f"data: {json.dumps({**head, 'choices': [], 'usage': usage})}\n\n")
        return [*events, "data: [DONE]\n\n"] if self.ends else events


@dataclass(slots=True)
class ModelService:
    """The service: what it will answer, and what it was asked."""

    url: str = ""
    script: list[Turn] = field(default_factory=list)
    always: Turn = field(default_factory=Turn)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    heard: anyio.Event = field(default_factory=anyio.Event)
    over: anyio.Event = field(default_factory=anyio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take the next turn."""
        self.keys.append(request.headers.get("Authorization", ""))
        self.asked.append(await request.json())
        self.heard.set()
        turn = self.script.pop(0) if self.script else self.always
        if turn.hangs:
            await self.over.wait()
        if self.asked[-1].get("stream") and turn.status == 200:
            return await self._stream(request, turn)
        body = turn.body(self.asked[-1]["model"]).encode()
        headers = {"Content-Type": "application/json", **turn.headers}
        if not turn.cut:
            return web.Response(status=turn.status, headers=headers, body=body)
        response = web.StreamResponse(status=turn.status, headers=headers)
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _stream(self, request: web.Request, turn: Turn) -> web.StreamResponse:
        """Answer in pieces; with `holds`, wait before the last half of them."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **turn.headers})
        await response.prepare(request)
        events = turn.stream(self.asked[-1]["model"])
        half = len(events) // 2
        for number, event in enumerate(events):
            if number == half:
                if turn.cut:
                    assert request.transport is not None
                    request.transport.abort()
                    return response
                if turn.holds is not None:
                    await turn.holds.wait()
            await response.write(event.encode())
        return response

    async def models(self, request: web.Request) -> web.Response:
        """List the models, or refuse as the script says."""
        self.keys.append(request.headers.get("Authorization", ""))
        turn = self.script.pop(0) if self.script else Turn()
        body = '{"object": "list", "data": []}' if turn.whole is None else turn.whole
        return web.Response(status=turn.status, content_type="application/json", text=body)


@asynccontextmanager
async def model_service(*script: Turn) -> AsyncIterator[ModelService]:
    """Serve a script on loopback."""
    service = ModelService(script=list(script))
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/v1/chat/completions", service.answer)
    app.router.add_get("/v1/models", service.models)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield service
    finally:
        service.over.set()
        await runner.cleanup()
