"""What GitHub says went wrong, as errors with facts; it does not decide what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError

SHOWN = 300
"""Characters of GitHub's own message that are shown."""
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, GONE, TOO_MANY, SERVER = 401, 403, 404, 410, 429, 500
_SECONDARY = re.compile(
    r"secondary rate limit|abuse detection|submitted too quickly", re.IGNORECASE
)


def is_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Tell whether an answer refuses because of how much was asked, not because of what."""
    if status == TOO_MANY:
        return True
    return status == FORBIDDEN and (
        headers.get("x-ratelimit-remaining") == "0"
        or "retry-after" in headers
        or _SECONDARY.search(message) is not None
    )


def refusal(error: Any, *, where: str) -> HeadwaterError:
    """Return the error for an answer that is no success and no limit: a `HTTPException`."""
    status = int(error.status_code)
    said = str(error).strip()[:SHOWN] or f"HTTP {status}"
    if status >= SERVER:
        message = f"GitHub failed at {where}: HTTP {status}: {said}"
        wait_s = retry_after_s(error.headers.get("retry-after"))
        return StoreFault(message, code="github.unavailable", retry_after_s=wait_s)
    if status == UNAUTHORIZED:
        message = f"GitHub does not take the credential at {where}: {said}; give it again"
        return UsageError(message, code="github.unauthorized", retry_safe=False)
    if status == FORBIDDEN:
        message = f"GitHub does not allow {where}: {said}; check what the credential may do"
        return UsageError(message, code="github.forbidden", retry_safe=False)
    if status in {NOT_FOUND, GONE}:
        message = f"GitHub has nothing for {where}, or the credential may not see it: {said}"
        return UsageError(message, code="github.not_found", retry_safe=False)
    message = f"GitHub refuses {where}: HTTP {status}: {said}"
    return UsageError(message, code="github.refused", retry_safe=False)


def limited(where: str, *, wait_s: float) -> LimitError:
    """Return the error for a request that would have to wait longer than its deadline."""
    message = (
        f"GitHub takes no more requests from this credential for {math.ceil(wait_s)} s, "
        f"which is longer than there is for {where}; ask again then"
    )
    return LimitError(message, code="github.rate_limited", retry_safe=True, retry_after_s=wait_s)


def bad_answer(problem: str, *, where: str) -> StoreFault:
    """Return the error for an answer that is not what GitHub promises."""
    message = (
        f"GitHub's answer to {where} makes no sense: {problem}; is HEADWATER_GITHUB_URL right?"
    )
    return StoreFault(message, code="github.bad_answer")


def retry_after_s(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a `Retry-After` header, a number or a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        at = instant_of(header)
        seconds = math.nan if at is None else (at - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def instant_of(header: str | None) -> datetime | None:
    """Return the instant of a header such as `Date`, or None."""
    try:
        then = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return then if then.tzinfo else then.replace(tzinfo=UTC)
