"""Where a Markdown or plain text has its headings, paragraphs and code; it renders nothing.

The blocks are spans of the text as it was written, so that a citation can be looked up in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from headwater.sources.documents.blocks import Block, BlockKind, Parsed
from headwater.sources.documents.front_matter import front_matter

_FENCE = re.compile(r"[ \t]*(?:[-*+>]\s+|\d+[.)]\s+)?(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_CLOSING = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_UNDER = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_UNDERLINE = re.compile(r"([=\-~^\"'+*#_.:`])\1{2,}[ \t]*$")
"""What stands below a heading of plain text, and in reStructuredText above it, too."""
_LEAST_UNDER = 0.5
"""The least length of that line, beside its heading's: a shorter one only parts paragraphs."""
_EQUALS = re.compile(r"(={1,6})[ \t]+(?=\S)")
"""What stands before a heading in AsciiDoc."""
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_IMAGE = re.compile(r"!\[[^\[\]]{0,500}\]\(")
_MARKS = re.compile(r"[`*]|\{#[\w-]+\}")
MOST_TITLE = 300


def parse_markdown(text: str) -> Parsed:
    """Return a Markdown text's headings, paragraphs and code."""
    front = front_matter(text)
    blocks = tuple(_Walk(text, front.characters).blocks())
    return Parsed(
        text=text,
        blocks=blocks,
        title=front.title,
        tags=front.tags,
        items=front.items,
        at=front.at,
        images=sum(1 for _ in _IMAGE.finditer(text)),
    )


def parse_plain(text: str) -> Parsed:
    """Return a plain text's paragraphs, which empty lines part, and its underlined headings."""
    return Parsed(text=text, blocks=tuple(_Walk(text, 0).paragraphs()))


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


class _Walk:
    """One walk over the lines of a text.

    Args:
        text: The text.
        start: Where to begin.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._held: list[_Line] = []

    def _lines(self) -> Iterator[_Line]:
        start, text = self._start, self._text
        while start < len(text):
            end = text.find("\n", start) + 1 or len(text)
            yield _Line(start, end, text[start:end].rstrip("\n"))
            start = end

    def paragraphs(self) -> Iterator[Block]:
        """Give runs of lines that are not empty, and headings as text without markup has them.

        The level of an underlined one is the place of its kind of line among all kinds so far.
        """
        kinds: list[tuple[str, int]] = []
        for line in self._lines():
            if (kind := self._underlined(line)) is not None:
                kinds += [] if kind in kinds else [kind]
                named, self._held = _Line(self._held[0].start, line.end, self._held[-1].text), []
                yield _heading(named, named.text, 1 + kinds.index(kind))
            elif not self._held and (found := _EQUALS.match(line.text)):
                yield _heading(line, line.text[found.end() :], len(found[1]))
            elif line.text.strip():
                self._held.append(line)
            else:
                yield from self._paragraph()
        yield from self._paragraph()

    def _underlined(self, line: _Line) -> tuple[str, int] | None:
        """Return which kind of line this is below a heading, and how many it has; else None."""
        found = _UNDERLINE.match(line.text)
        if found is None or not self._held:
            return None
        above = [one.text.strip() for one in self._held]
        title, around = above[-1], len(above)
        if around > 2 or (around == 2 and above[0] != line.text.strip()):  # noqa: PLR2004
            return None
        if _UNDERLINE.match(title) or len(line.text.strip()) < _LEAST_UNDER * len(title):
            return None
        return found[1], around

    def blocks(self) -> Iterator[Block]:
        """Give headings, paragraphs and fenced code."""
        fence = ""
        for line in self._lines():
            if fence:
                self._held.append(line)
                if line.text.strip().startswith(fence) and not line.text.strip().strip(fence[0]):
                    fence = ""
                    yield from self._paragraph(is_code=True)
            elif found := _FENCE.match(line.text):
                yield from self._paragraph()
                self._held, fence = [line], found[1]
            else:
                yield from self._plain(line)
        yield from self._paragraph(is_code=bool(fence))

    def _plain(self, line: _Line) -> Iterator[Block]:
        """Take a line outside of code: it ends what is held, or adds to it."""
        if found := _HEADING.match(line.text):
            yield from self._paragraph()
            written = line.text[found.end() :][: MOST_TITLE * 4]
            yield _heading(line, _CLOSING.sub("", written), len(found[1]))
        elif self._held and (found := _UNDER.match(line.text)):
            *before, named = self._held
            self._held = before
            yield from self._paragraph()
            yield _heading(_Line(named.start, line.end, ""), named.text, 1 + (found[1][0] == "-"))
        elif line.text.strip():
            self._held.append(line)
        else:
            yield from self._paragraph()

    def _paragraph(self, *, is_code: bool = False) -> Iterator[Block]:
        if self._held:
            kind: BlockKind = "code" if is_code else "text"
            yield Block(kind, self._held[0].start, self._held[-1].end)
            self._held = []


def _heading(line: _Line, title: str, level: int) -> Block:
    words = _MARKS.sub("", _LINK.sub(r"\1", title[: MOST_TITLE * 4]))
    return Block("heading", line.start, line.end, level, " ".join(words.split())[:MOST_TITLE])
