"""What can go wrong, as one tree whose members carry facts; it does not decide what to do about it.

HeadwaterError        code, fault, message, retry_safe, retry_after_s
├── UsageError        asker    the request is wrong; the same request fails again
├── LimitError        limit    a bound was reached: deadline, breaker, threads, size
├── ToolFault         tool     the tool said no, or raised what it should not
├── StoreFault        store    something we lean on failed
└── EngineBug         engine   an invariant broke; always logged with its trace

Cancellation is never one of them: it passes through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

_SIGNS = ("@", "hw_", "eyj", "bearer", "basic", "pass", "pwd", "secret", "key", "token")
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(://[^\s:/?#@]{0,256}):[^\s'\"]{0,512}@"), r"\1:***@"),
    (re.compile(r"(hw_[0-9A-Za-z]{6,32})_[0-9A-Za-z]{20,}"), r"\1_***"),
    (re.compile(r"\b(bearer|basic)\s{1,9}[\w.~+/=-]{8,}", re.IGNORECASE | re.ASCII), r"\1 ***"),
    (re.compile(r"\beyJ[\w-]{5,2048}\.[\w-]*\.[\w-]*", re.ASCII), "eyJ***"),
    (
        re.compile(
            r"\b([\w-]{0,32}(?:pass(?:word|wd)?|pwd|secret|api_?key|token))"
            r"(\s?=\s?|['\"]\s?:\s?)('[^']*'|\"[^\"]*\"|[^\s'\"&;,]+)",
            re.IGNORECASE | re.ASCII,
        ),
        r"\1\2***",
    ),
)
"""What looks like a secret: in a URL, a key of ours, in a header, a token, beside its name."""

Fault = Literal["asker", "limit", "tool", "store", "engine"]


def without_secrets(text: str) -> str:
    """Return a text with `***` in the place of all that looks like a secret."""
    folded = text.casefold()
    if any(sign in folded for sign in _SIGNS):
        for pattern, instead in _SECRETS:
            text = pattern.sub(instead, text)
    return text


def behind(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error, then its causes or what it was raised amid, each once.

    What is raised again from another thread may stand behind itself.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


class HeadwaterError(Exception):
    """Carry the facts that policies and entries read instead of class names.

    Args:
        message: What happened, where, and what to change; secrets in it are masked.
        code: Dotted path, part of the API; each has a heading in `docs/reference/errors.md`.
        retry_safe: Whether the same attempt may be made again; None where nobody knows.
        retry_after_s: Seconds the other side asked us to wait, if it did.
        facts: What belongs to it beside, as plain JSON, such as `current`: what is there now.
    """

    fault: ClassVar[Fault] = "engine"

    def __init__(
        self,
        message: str,
        *,
        code: str,
        retry_safe: bool | None = None,
        retry_after_s: float | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        message = without_secrets(message)
        super().__init__(message)
        self.message = message
        self.code = code
        self.retry_safe = retry_safe
        self.retry_after_s = retry_after_s
        self.facts = facts

    def __str__(self) -> str:
        return self.message


class UsageError(HeadwaterError):
    """Say that the request is wrong and what to change in it."""

    fault = "asker"


class LimitError(HeadwaterError):
    """Say that a bound was reached: a deadline, a breaker, threads, sizes."""

    fault = "limit"


class ToolFault(HeadwaterError):
    """Say that a tool refused, or raised what it should not."""

    fault = "tool"


class StoreFault(HeadwaterError):
    """Say that something we lean on failed."""

    fault = "store"


class EngineBug(HeadwaterError):
    """Say that an invariant of ours broke; it is logged with its trace."""

    fault = "engine"


class CalledFromEventLoop(UsageError):
    """Say that a blocking method was called from a running event loop."""


class DeadlineExceeded(LimitError):
    """Say that the time given was used up."""
