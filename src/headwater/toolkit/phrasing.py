"""Questions in plain words that a tool says it answers; it asks nobody."""

from __future__ import annotations

import re

from headwater.errors import UsageError

_HOLE = re.compile(r"\{(\w+)\}")


class Phrasing:
    """A sentence with holes named after the tool's arguments, such as `weather in {city}`.

    Args:
        tool: The tool's name.
        words: The sentence; a hole takes one or more words, the rest is read without regard to
            case, spaces, quotes and a final question mark.

    Raises:
        UsageError: `tool.bad_phrasing` for an empty sentence or the same hole twice.
    """

    def __init__(self, tool: str, words: str) -> None:
        holes = _HOLE.findall(words)
        if not _HOLE.sub("", words).strip() or len(set(holes)) != len(holes):
            message = f"{tool}: phrasing {words!r} needs words of its own and each hole once"
            raise UsageError(message, code="tool.bad_phrasing")
        self.tool = tool
        self.words = words
        parts = re.split(r"(\{\w+\})", " ".join(words.rstrip(" ?.").split()))
        self._pattern = re.compile("".join(map(_piece, parts)), re.IGNORECASE)

    def match(self, question: str) -> dict[str, str] | None:
        """Return what stands in the holes where the question reads like this, else None."""
        found = self._pattern.fullmatch(" ".join(question.rstrip(" ?.!").split()))
        return (
            {name: text.strip(" \"'") for name, text in found.groupdict().items()}
            if found
            else None
        )


def _piece(part: str) -> str:
    hole = _HOLE.fullmatch(part)
    return f"(?P<{hole[1]}>.+?)" if hole else re.escape(part)
