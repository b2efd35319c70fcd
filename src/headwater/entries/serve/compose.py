"""What one server answers with: HTTP behind its gate, and what else comes in beside it."""

from __future__ import annotations

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.asgi import App
from headwater.entries.http.gate import Gate
from headwater.entries.http.service import make_http


def make_app(hw: AsyncHeadwater) -> App:
    """Return everything that is served over an app, as one ASGI app."""
    return Gate(make_http(hw), hw)
