"""Which HTTP status an error has, and how it is told: problem documents; it mends none.

The documents are those of RFC 9457, with `code`, `fault` and perhaps more beside.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from headwater.entries.http.encode import encoded
from headwater.entries.wire.faults import facts, known
from headwater.errors import EngineBug

LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
REFERENCE = "urn:headwater:error:"
"""What `type` begins with; the code follows, as `docs/reference/errors.md` lists it."""

BY_CODE: Mapping[str, int] = {
    "access.unauthenticated": 401,
    "access.denied": 403,
    "tool.unknown": 404,
    "run.unknown": 404,
    "job.unknown": 404,
    "document.unknown": 404,
    "work.unknown": 404,
    "schedule.unknown": 404,
    "schedule.exists": 409,
    "document.unknown_type": 415,
    "upload.unknown_type": 415,
    "http.no_such_path": 404,
    "http.no_such_method": 405,
    "run.no_plan": 409,
    "work.not_allowed": 403,
    "work.conflict": 412,
    "work.last_leader": 409,
    "work.not_empty": 409,
    "work.cycle": 409,
    "work.rolled_up": 409,
    "work.not_an_idea": 409,
    "work.promoted": 409,
    "work.ended": 409,
    "github.no_credential": 404,
    "github.not_found": 404,
    "github.bad_delivery": 403,
    "github.replayed": 409,
    "github.rate_limited": 503,
    "http.no_version": 428,
    "http.too_large": 413,
    "http.header_too_large": 431,
    "http.bad_media_type": 415,
    "http.bad_json": 400,
    "http.bad_header": 400,
    "http.bad_query": 400,
    "limit.items": 422,
    "limit.events": 422,
    "limit.samples": 422,
    "limit.result_bytes": 422,
    "limit.overload": 503,
    "limit.rate": 429,
    "limit.failed_keys": 429,
    "limit.runs": 429,
    "limit.deadline": 504,
    "limit.asked_now": 504,
    "store.deadline": 504,
}
"""What says more than whose fault it is."""
BY_FAULT: Mapping[str, int] = {
    "asker": 422,
    "limit": 503,
    "tool": 502,
    "store": 503,
    "engine": 500,
}
"""An error that reached the entry, by whose fault it is."""
CLOSING = frozenset((413, 431))
"""After these the rest of the request is not read, so that its connection cannot be used again."""


def status_of(code: str, fault: str) -> int:
    """Return the HTTP status of an error."""
    return BY_CODE.get(code) or BY_FAULT[fault]


def refusal(error: BaseException, **more: Any) -> Response:
    """Return the response that tells of an error, and log it where it is a defect of ours."""
    told = known(error)
    if isinstance(told, EngineBug):
        LOG.error("%s", told.message, exc_info=error)
    return problem(**facts(told), **more)


def problem(
    *, code: str, fault: str, message: str, retry_after_s: float | None = None, **more: Any
) -> Response:
    """Return a problem document as a response, with `more` as further members."""
    status = status_of(code, fault)
    body = {
        "type": f"{REFERENCE}{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "code": code,
        "fault": fault,
    }
    headers: dict[str, str] = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status in CLOSING:
        headers["Connection"] = "close"
    if retry_after_s is not None:
        body["retry_after_s"] = retry_after_s
        headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    return Response(encoded(body | more), status, headers, MEDIA_TYPE)
