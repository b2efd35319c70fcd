"""How one model is asked through pydantic-ai, and what its errors mean; it chooses no model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import anyio
from pydantic import SecretStr

from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError
from headwater.model.remark import Remarks

HERE = "services.llm_wire"
CONNECT_S = 3.0
SILENT_S = 60.0
"""Seconds without a byte after which a service is given up; whoever asks has less, mostly."""
MOST_RETRY_S = 86_400.0
TOO_MANY = 429
SERVER = 500
REFUSALS = frozenset({401, 403})
MOST_KINDS = 50
TOLD_EVERY_S = 0.1
"""How often what a model has written since is told, at the most."""
MOST_TOLD = 20_000
"""Characters of one text that are told while it is written; whatever follows only comes whole."""
NO_WIRE = frozenset({"APIConnectionError", "ModelConnectionError", "TransportError"})
NOT_SENT = frozenset({"ConnectError", "ConnectTimeout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: the text, the tokens, and why it is not to be used, where it is not."""

    text: str
    input_tokens: int
    output_tokens: int
    declined: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReply:
    """Why nothing came back; `owes` where the model may have written all the same."""

    error: HeadwaterError
    owes: bool


class Wire:
    """One pool of connections to a service, with what was imported to speak to it.

    Args:
        ai: What we use of pydantic-ai.
        make: Gives the model of a name; it connects nowhere.
        end: Closes the pool.
    """

    def __init__(
        self, ai: Any, make: Callable[[str], Any], *, end: Callable[[], Awaitable[None]]
    ) -> None:
        self._ai = ai
        self._make = make
        self._models: dict[str, Any] = {}
        self._open = AsyncExitStack()
        self._open.push_async_callback(end)

    async def ask(
        self,
        model: str,
        texts: tuple[str, str],
        *,
        schema: Mapping[str, Any] | None,
        most_tokens: int,
        remarks: Remarks,
    ) -> Reply | NoReply:
        """Send two texts, once, and return what comes back, or why nothing does.

        Where somebody hears it, what the model writes is told while it comes.
        """
        ai, told = self._ai, _Told(model, remarks)
        parts = [ai.SystemPromptPart(texts[0]), ai.UserPromptPart(texts[1])]
        asked: dict[str, Any] = {
            "messages": [ai.ModelRequest(parts=parts)],
            "model_settings": {"max_tokens": most_tokens, "temperature": 0.0},
            "model_request_parameters": ai.parameters(schema),
        }
        try:
            if model not in self._models:
                made = self._make(model)
                self._models[model] = await self._open.enter_async_context(made)
            if remarks.heard:
                return _read(await self._streamed(self._models[model], asked, told), ai)
            return _read(await ai.model_request(self._models[model], **asked), ai)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is an error of that service
            return failed(error, model, began=told.began)

    async def _streamed(self, model: Any, asked: Mapping[str, Any], told: _Told) -> Any:
        async with self._ai.model_request_stream(model, **asked) as stream:
            async for event in stream:
                told.add(self._ai.written(event), now=anyio.current_time())
            told.flush()
            return stream.get()

    async def close(self) -> None:
        """Close the connections."""
        await self._open.aclose()


class _Told:
    """What a model has written and is still to be told, some characters at a time."""

    def __init__(self, model: str, remarks: Remarks) -> None:
        self.began = False
        self._model = model
        self._remarks = remarks
        self._text = ""
        self._left = MOST_TOLD
        self._told_at = 0.0

    def add(self, text: str, *, now: float) -> None:
        """Take what has come, and tell it where some time has passed."""
        self.began = True
        self._text += text[: max(0, self._left - len(self._text))]
        if now - self._told_at >= TOLD_EVERY_S:
            self.flush()
            self._told_at = now

    def flush(self) -> None:
        """Tell what is still to be told; nobody has checked it."""
        if self._text:
            self._left -= len(self._text)
            shown = "".join(
                one if one.isprintable() or one in "\n\t" else "\ufffd" for one in self._text
            )
            self._remarks.note("model.text", HERE, model=self._model, text=shown, checked=False)
            self._text = ""


async def look_at(url: str, key: SecretStr | None) -> None:
    """Ask a service which models it has; one without that page is there as well.

    It asks by itself: what asks models takes too long to import for a look.

    Raises:
        StoreFault: `llm.unreachable`, `llm.refused`.
    """
    import aiohttp

    headers = {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}
    timeout = aiohttp.ClientTimeout(total=CONNECT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(f"{url.rstrip('/')}/models", allow_redirects=False) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, OSError) as error:
        message = "language model: the service cannot be reached; see its URL, and whether it is up"
        raise StoreFault(message, code="llm.unreachable", retry_safe=True) from error
    if status in REFUSALS:
        message = f"language model: the service refused with {status}; see HEADWATER_LLM_KEY"
        raise StoreFault(message, code="llm.refused", retry_safe=False)
    if status >= SERVER:
        message = f"language model: the service answered {status}; see whether it is up"
        raise StoreFault(message, code="llm.unreachable", retry_safe=True)


def open_wire(url: str, key: SecretStr | None) -> Wire:
    """Import pydantic-ai and open a pool; it blocks for seconds, and connects nowhere.

    Without a URL the models are those that pydantic-ai knows by `provider:model`.
    """
    from headwater.services import llm_library as ai

    secret = None if key is None else key.get_secret_value()
    if not url:
        return Wire(ai, lambda name: _of_provider(ai, name, secret), end=_nothing)
    import openai

    timeout = openai.Timeout(SILENT_S, connect=CONNECT_S)
    client = openai.AsyncOpenAI(
        base_url=url,
        api_key=secret or "none",
        max_retries=0,
        timeout=timeout,
        http_client=openai.DefaultAsyncHttpxClient(
            base_url=url, timeout=timeout, follow_redirects=False
        ),
    )
    _ = client.chat.completions  # it imports what it needs for that only now
    provider = ai.OpenAIProvider(openai_client=client)
    return Wire(ai, lambda name: ai.compatible(name, provider), end=client.close)


def _of_provider(ai: Any, name: str, secret: str | None) -> Any:
    try:
        return ai.of_provider(name, secret)
    except Exception as error:
        message = (
            f"language model {name}: pydantic-ai cannot make it; see its name, install what its "
            "provider needs (pydantic-ai-slim[PROVIDER]) and set its key"
        )
        raise UsageError(message, code="settings.bad") from error


async def _nothing() -> None:
    """Close nothing: each of these models has a pool of its own, and closes it."""


def _read(response: Any, ai: Any) -> Reply:
    texts = [one.content for one in response.parts if isinstance(one, ai.TextPart)]
    strange = [one for one in response.parts if not isinstance(one, ai.TextPart | ai.ThinkingPart)]
    reason = response.finish_reason
    problem = ""
    if reason == "length":
        problem = "it was cut at the most tokens it may have"
    elif strange or reason == "tool_call":
        problem = "it calls a tool, and it has none"
    elif reason == "error":
        problem = "the service says that it broke off"
    elif response.state != "complete":
        problem = "it is not complete"
    return Reply(
        text="".join(texts),
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        declined=reason == "content_filter",
        problem=problem,
    )


def failed(error: Exception, model: str, *, began: bool = False) -> NoReply:
    """Return what an error of the library means; nothing that the service wrote is in it.

    Args:
        error: What was raised.
        model: Which model was asked.
        began: Whether something of its answer had come.
    """
    where, status = f"language model {model}", status_of(error)
    found: HeadwaterError
    if isinstance(error, HeadwaterError):
        return NoReply(error=error, owes=False)
    if status == TOO_MANY:
        found = LimitError(
            f"{where}: the service takes no more requests now; wait, or name another model",
            code="llm.rate",
            retry_safe=True,
            retry_after_s=_retry_after_s(error),
        )
    elif "ContentFilterError" in _kinds(error) or (status is not None and status < SERVER):
        found = StoreFault(
            f"{where}: it declined, or the service refused ({status}); see its URL, key and names",
            code="llm.refused",
            retry_safe=False,
        )
    elif began or status is not None or _kinds(error) & NO_WIRE:
        how = f"answered {status}" if status else "cannot be reached, or broke off"
        found = StoreFault(
            f"{where}: the service {how}; see whether it is up",
            code="llm.unreachable",
            retry_safe=True,
        )
    else:
        found = StoreFault(
            f"{where}: what the service sent is no answer ({type(error).__name__})",
            code="llm.bad_answer",
            retry_safe=True,
        )
    found.__cause__ = error
    return NoReply(error=found, owes=began or (status is None and not _kinds(error) & NOT_SENT))


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that an error or its cause has."""
    for one in (error, error.__cause__):
        status = getattr(one, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def _kinds(error: BaseException) -> set[str]:
    """Return the names of what an error and its causes are: the library comes late, by name."""
    found: set[str] = set()
    one: BaseException | None = error
    while one is not None and len(found) < MOST_KINDS:
        found.update(kind.__name__ for kind in type(one).__mro__)
        one = one.__cause__
    return found


def _retry_after_s(error: BaseException) -> float | None:
    wait_s = getattr(error, "retry_after", None)
    return min(max(0.0, wait_s), MOST_RETRY_S) if isinstance(wait_s, int | float) else None
