"""What is answered to those whom nobody lets in, outside of the routes; it decides nothing."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from headwater.entries.wire.faults import facts, known
from headwater.errors import EngineBug, HeadwaterError

LOG = logging.getLogger(__name__)
BY_CODE: Mapping[str, int] = {"limit.rate": 429, "limit.failed_keys": 429}
BY_FAULT: Mapping[str, int] = {"asker": 401, "limit": 503, "tool": 502, "store": 503, "engine": 500}
"""An error while letting somebody in, by what says more than whose fault it is, and by that."""


def refused(error: Exception) -> Response:
    """Return the response that tells why nobody comes in."""
    told: HeadwaterError = known(error)
    if isinstance(told, EngineBug):
        LOG.error("%s", told.message, exc_info=error)
    return problem(HTTPStatus(BY_CODE.get(told.code) or BY_FAULT[told.fault]), told)


def problem(status: HTTPStatus, error: HeadwaterError) -> Response:
    """Return the response of a status that tells an error."""
    headers = {"Cache-Control": "no-store"}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return Response(json.dumps(facts(error)), status, headers, media_type="application/json")
