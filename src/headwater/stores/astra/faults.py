"""What the Data API says went wrong, as errors with facts; it does not decide what to do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError

TOO_MANY = 429
UNAVAILABLE = 503
SERVER = 500
DENIED = (401, 403)
SHOWN = 300
"""Characters of the API's own message that are shown."""


@dataclass(frozen=True, slots=True)
class ApiError:
    """One entry of the `errors` of an answer, in the API's own words."""

    error_code: str
    message: str
    family: str = ""
    scope: str = ""
    title: str = ""

    def __str__(self) -> str:
        return f"{self.error_code}: {self.message[:SHOWN]}"


def api_errors(answer: Any) -> tuple[ApiError, ...]:
    """Return the errors of an answer."""
    entries = answer.get("errors") if isinstance(answer, Mapping) else None
    return tuple(
        ApiError(
            error_code=str(one.get("errorCode") or "UNKNOWN"),
            message=str(one.get("message") or ""),
            family=str(one.get("family") or ""),
            scope=str(one.get("scope") or ""),
            title=str(one.get("title") or ""),
        )
        for one in (entries if isinstance(entries, list) else ())
        if isinstance(one, Mapping)
    )


def refusal(errors: Sequence[ApiError], *, where: str) -> HeadwaterError:
    """Return the error for a command that was answered with errors alone."""
    said = "; ".join(str(one) for one in errors[:3])
    if any(one.family == "SERVER" for one in errors):
        message = f"Astra DB failed at {where}: {said}"
        return StoreFault(message, code="astra.failed")
    if any("UNAUTHENTICATED" in one.error_code for one in errors):
        return _denied(said, where=where)
    message = f"Astra DB refuses {where}: {said}"
    return UsageError(message, code="astra.refused", retry_safe=False)


def _denied(said: str, *, where: str) -> HeadwaterError:
    message = f"Astra DB does not let this token do {where}: {said}; check the token and its role"
    return UsageError(message, code="astra.unauthorized", retry_safe=False)


def of_status(
    status: int, errors: Sequence[ApiError], *, where: str, retry_after_s: float | None
) -> HeadwaterError:
    """Return the error for an answer whose HTTP status is not 200."""
    said = "; ".join(str(one) for one in errors[:3]) or f"HTTP {status}"
    if status == TOO_MANY:
        message = f"Astra DB takes no more now, at {where}: {said}"
        return LimitError(
            message, code="astra.overloaded", retry_safe=True, retry_after_s=retry_after_s
        )
    if status >= SERVER:
        message = f"Astra DB failed at {where}: HTTP {status}: {said}"
        return StoreFault(message, code="astra.unavailable", retry_after_s=retry_after_s)
    if status in DENIED:
        return _denied(said, where=where)
    message = f"Astra DB refuses {where}: HTTP {status}: {said}; check the endpoint and keyspace"
    return UsageError(message, code="astra.refused", retry_safe=False)


def bad_answer(problem: str, *, where: str) -> StoreFault:
    """Return the error for an answer that is not what the API promises."""
    message = f"Astra DB's answer to {where} makes no sense: {problem}; is this its endpoint?"
    return StoreFault(message, code="astra.bad_answer")


def retry_after_s(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a `Retry-After` header, a number or a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            then = parsedate_to_datetime(header)
        except ValueError:
            return None
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        seconds = (then - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


@dataclass(frozen=True, slots=True)
class NotInserted:
    """A document that was not inserted, and why.

    `maybe_stored` is true where nobody knows: its answer was lost and it was not found out.
    """

    id: Any
    error_code: str
    message: str
    maybe_stored: bool = False

    def __str__(self) -> str:
        return f"{self.id!r}: {self.error_code}: {self.message[:SHOWN]}"


class InsertIncomplete(StoreFault):
    """Say which documents were inserted, which were not and why, and which were not tried.

    Args:
        where: The command and collection.
        inserted: The ids inserted, in the order given.
        failed: Those that were not, in the order given.
        skipped: Ids not tried, because an earlier failure ended it.
    """

    def __init__(
        self,
        where: str,
        *,
        inserted: Iterable[Any],
        failed: Iterable[NotInserted],
        skipped: Iterable[Any],
    ) -> None:
        self.inserted = list(inserted)
        self.failed = list(failed)
        self.skipped = list(skipped)
        first = "; ".join(str(one) for one in self.failed[:3])
        message = (
            f"{where}: {len(self.inserted)} inserted, {len(self.failed)} failed, "
            f"{len(self.skipped)} not tried: {first}"
        )
        super().__init__(message, code="astra.insert_incomplete", retry_safe=False)
