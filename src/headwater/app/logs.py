"""How a process that serves logs: JSON lines without secrets, each with its request, run and trace.

It logs nothing itself. What is bound here is for log lines alone: nothing that decides reads it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

from headwater.errors import without_secrets

MOST_CHARS = 8192
"""Characters of one text in a line; the rest is left out."""
MOST_DEPTH = 6
LEAST_SECRET = 6
"""Characters of a secret at the least for it to be looked for: shorter ones are words."""
HIDDEN = frozenset(
    {"authorization", "cookie", "password", "secret", "token", "api_key", "key", "credential"}
)
_BOUND: ContextVar[Mapping[str, str]] = ContextVar("headwater_log", default={})  # noqa: B039 (read only)


@contextmanager
def bound(**facts: str) -> Iterator[None]:
    """Add facts such as `request_id` and `run_id` to every line logged within this block."""
    before = _BOUND.get()
    _BOUND.set({**before, **facts})
    try:
        yield
    finally:
        _BOUND.set(before)


def set_up_logs(
    *, secrets: Iterable[str] = (), level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Log everything of this process as JSON lines on stderr, or on a stream.

    Args:
        secrets: Texts that no line may hold.
        level: The least level of ours that is logged; of libraries, warnings and errors are.
        stream: Where the lines go.
    """
    import structlog

    redactor = Redactor(secrets)
    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _with_facts,
    ]
    after: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        redactor,
        structlog.processors.EventRenamer("message"),
        structlog.processors.JSONRenderer(ensure_ascii=True, default=ascii),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after)
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("headwater").setLevel(level)
    logging.raiseExceptions = False  # its own complaint shows what could not be formatted
    logging.captureWarnings(True)  # noqa: FBT003 (the library's)


class Redactor:
    """Takes secrets out of a log line's fields: those it knows, and all that looks like one.

    Args:
        secrets: The texts that it knows.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {one for one in secrets if len(one) >= LEAST_SECRET}
        self._secrets = sorted(known, key=len, reverse=True)

    def __call__(
        self, logger: Any, name: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return the fields without secrets, as structlog wants it."""
        del logger, name
        return {str(key): self._field(str(key), one, 0) for key, one in event.items()}

    def text(self, text: str) -> str:
        """Return a text without secrets, and not too long."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        if len(text) > MOST_CHARS:
            text = f"{text[:MOST_CHARS]}... ({len(text)} characters)"
        return without_secrets(text)

    def _field(self, key: str, value: Any, depth: int) -> Any:
        if key.casefold() in HIDDEN:
            return "***"
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping) and depth < MOST_DEPTH:
            return {
                self.text(str(name)): self._field(str(name), one, depth + 1)
                for name, one in value.items()
            }
        if isinstance(value, list | tuple) and depth < MOST_DEPTH:
            return [self._field("", one, depth + 1) for one in value]
        return self.text(value if isinstance(value, str) else ascii(value))


def _with_facts(logger: Any, name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Add what is bound, and the trace that is under way where spans are made."""
    del logger, name
    event.update(_BOUND.get())
    tracing = sys.modules.get("opentelemetry.trace")
    if tracing is not None:
        context = tracing.get_current_span().get_span_context()
        if context.is_valid:
            event.setdefault("trace_id", f"{context.trace_id:032x}")
    return event
