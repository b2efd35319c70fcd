"""Which number the process ends with; it ends nothing."""

from __future__ import annotations

from collections.abc import Mapping

COMPLETE = 0
FAILED = 1
USAGE = 2
PARTIAL = 3
STOPPED = 130
"""Ended by a second Ctrl-C, as shells count it: 128 and the signal's number."""
BROKEN_PIPE = 141
"""Whoever read the output went away, as shells count it."""

BY_FAULT: Mapping[str, int] = {
    "asker": USAGE,
    "limit": FAILED,
    "tool": FAILED,
    "store": FAILED,
    "engine": FAILED,
}
"""An error that reached the entry, by whose fault it is."""

BY_STATUS: Mapping[str, int] = {"complete": COMPLETE, "partial": PARTIAL, "failed": FAILED}
"""An answer or a run that was given, by its status."""

BY_OUTCOME: Mapping[str, int] = {
    "succeeded": COMPLETE,
    "late": PARTIAL,
    "failed": FAILED,
    "skipped": FAILED,
}
"""The outcome of one call, by its status."""


class Stopped(Exception):  # noqa: N818  a wish, not an error
    """Say that the person asked a second time to stop, and wants no answer."""
