"""How large plain JSON data would be when written; it writes none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

BRACKETS = 2
SEPARATOR = 2
SCALAR = 24
"""Characters that no number, boolean or null outgrows, whole numbers apart."""


def fits(value: Any, room: int) -> bool:
    """Tell whether a value as JSON in ASCII stays within so many characters.

    It looks no further than that many, so that a large value costs no more than a small one.
    """
    return room_left(value, room) >= 0


def room_left(value: Any, room: int) -> int:
    """Return how many of so many characters a value leaves, less than none if it does not fit."""
    if isinstance(value, str):
        return room - (len(value) if len(value) > room else len(json.dumps(value)))
    if isinstance(value, Mapping):
        return _left_of_pairs(value, room - BRACKETS)
    if isinstance(value, list | tuple):
        return _left_of_list(value, room - BRACKETS)
    return room - (max(SCALAR, value.bit_length() // 3) if isinstance(value, int) else SCALAR)


def _left_of_list(value: Sequence[Any], room: int) -> int:
    for one in value:
        if room < 0:
            return room
        room = room_left(one, room - SEPARATOR)
    return room


def _left_of_pairs(value: Mapping[Any, Any], room: int) -> int:
    for key, one in value.items():
        if room < 0:
            return room
        room = room_left(one, room_left(key, room) - 2 * SEPARATOR)
    return room
