"""What an HTML page says: its text, headings, paragraphs and code; it follows no link.

What a browser does not show (scripts, styles, templates) is dropped. The parser is the standard
library's, fed in portions: what would make it read the same again and again is refused.
"""

from __future__ import annotations

import time
from html.parser import HTMLParser

from headwater.errors import LimitError, UsageError
from headwater.sources.documents.blocks import Block, BlockKind, Parsed

PORTION = 16_384
"""Characters given to the parser at a time, or as many as it still holds: it looks at those anew.

Between two portions it is looked how long it has taken.
"""
MOST_OPEN = 4_194_304
"""Characters that a tag or comment may have: the parser keeps what has not ended."""
MOST_TITLE = 300
MOST_DROPPED_DEPTH = 1_000
_DROPPED = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CODE = {"pre", "textarea", "listing", "xmp"}
_PARTS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
    "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "section",
    "select", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_BETWEEN = {"br": "\n", "td": " ", "th": " "}
"""What stands for a tag within a block."""


def parse_html(page: str, *, within_s: float) -> Parsed:
    """Return a page's title and its text with headings, paragraphs and code.

    Raises:
        UsageError: `document.broken` where a tag or comment does not end.
        LimitError: `document.too_slow`.
    """
    until_s = time.monotonic() + within_s
    reader = _Reader()
    start = 0
    while start < len(page):
        end = start + max(PORTION, len(reader.rawdata))
        reader.feed(page[start:end])
        start = end
        if len(reader.rawdata) > MOST_OPEN:
            message = f"a tag or comment of it has over {MOST_OPEN:,} characters; end it"
            raise UsageError(message, code="document.broken")
        if time.monotonic() > until_s:
            message = f"reading it took over {within_s:g} s; send it in several"
            raise LimitError(message, code="document.too_slow")
    return reader.parsed()


class _Reader(HTMLParser):
    """Collects the text of a page, block by block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._held: list[str] = []
        self._kind: BlockKind = "text"
        self._level = 0
        self._dropped: list[str] = []
        self._title: list[str] = []
        self._in_title = False
        self._images = 0

    def parsed(self) -> Parsed:
        """Return what was read; a tag that never ended is left out."""
        if not self.rawdata.startswith("<"):
            self.handle_data(self.rawdata)
        self._end_block()
        return Parsed(
            text="".join(self._text),
            blocks=tuple(self._blocks),
            title=" ".join("".join(self._title).split())[:MOST_TITLE],
            images=self._images,
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what a tag begins."""
        del attrs
        self._in_title = tag == "title"
        self._images += tag == "img"
        if tag in _DROPPED:
            if len(self._dropped) < MOST_DROPPED_DEPTH:
                self._dropped.append(tag)
        elif tag in _BETWEEN:
            self._held.append(_BETWEEN[tag])
        elif (begun := self._begun_by(tag)) is not None:
            self._begin(*begun)

    def _begun_by(self, tag: str) -> tuple[BlockKind, int] | None:
        """Return which kind of block a tag begins, and its level, or None."""
        if tag in _HEADINGS:
            return "heading", _HEADINGS[tag]
        if tag in _CODE:
            return "code", 0
        return ("text", 0) if tag in _PARTS and self._kind != "code" else None

    def handle_endtag(self, tag: str) -> None:
        """End what a tag ends."""
        self._in_title = False
        if tag in _DROPPED and tag in self._dropped:
            while self._dropped and self._dropped.pop() != tag:
                pass
        elif tag in _CODE or self._begun_by(tag) is not None:
            self._begin("text")
        elif tag in _BETWEEN:
            self._held.append(" ")

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self._in_title:
            self._title.append(data)
        elif not self._dropped:
            self._held.append(data)

    def _begin(self, kind: BlockKind, level: int = 0) -> None:
        self._end_block()
        self._kind, self._level = kind, level

    def _end_block(self) -> None:
        """Put what is held behind the text, as a block of its own."""
        words = "".join(self._held)
        self._held = []
        if self._kind == "code":
            words = words.strip("\n")
        elif self._kind == "heading":
            words = " ".join(words.split())
        else:
            lines = (" ".join(line.split()) for line in words.split("\n"))
            words = "\n".join(line for line in lines if line)
        if words.strip():
            start, end = self._length, self._length + len(words)
            title = words[:MOST_TITLE] if self._kind == "heading" else ""
            self._blocks.append(Block(self._kind, start, end, self._level, title))
            self._text.append(f"{words}\n\n")
            self._length = end + 2
