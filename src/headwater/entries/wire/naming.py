"""What `key=value` says, at whichever entry it is written; it asks nobody."""

from __future__ import annotations

from collections.abc import Iterable

from headwater.errors import UsageError


def tags_of(written: Iterable[str]) -> dict[str, str]:
    """Return the tags that are written as `key=value`, or as `key` alone.

    Raises:
        UsageError: `tag.bad`.
    """
    tags: dict[str, str] = {}
    for one in written:
        key, _, value = one.partition("=")
        if not key.strip():
            message = f"{ascii(one)[:80]} is no tag; write key=value, such as team=payments"
            raise UsageError(message, code="tag.bad")
        tags[key.strip()] = value.strip()
    return tags
