"""Headwater answers operational questions on a deadline; importing it loads nothing heavy.

The public names are loaded when they are first used, so that a command line or a worker that
needs only some of them starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PLACES = {
    "Answer": "headwater.model.answer",
    "AsyncHeadwater": "headwater.app.service",
    "Cited": "headwater.toolkit.cited",
    "Evidence": "headwater.model.evidence",
    "Asked": "headwater.model.moment",
    "Headwater": "headwater.sync",
    "HeadwaterError": "headwater.errors",
    "Outcome": "headwater.model.outcome",
    "Plan": "headwater.model.plan",
    "Principal": "headwater.model.principal",
    "Question": "headwater.model.question",
    "RunResult": "headwater.model.answer",
    "Step": "headwater.model.plan",
    "tool": "headwater.toolkit.tool",
}

__all__ = ["__version__", *_PLACES]  # noqa: PLE0604 (names by place, loaded late)


def __getattr__(name: str) -> Any:
    """Load a public name from its place."""
    if name not in _PLACES:
        message = f"module headwater has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
