"""Where do the sentences of a text begin and end, in Markdown too? It reads no meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["prose", "item", "code", "row", "heading"]

LONGEST_ITEM = 300
"""Characters of a list's item that is kept whole; a longer one is cut into its sentences."""
_FENCE = re.compile(r"[ \t]*(```+|~~~+)")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]+")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_ROW = re.compile(r"[ \t]*\|")
_BELOW_HEAD = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*(?::?-+:?)?\s*")
"""The line below the row that names a table's columns."""
_MARKUP = re.compile(
    r"\s*<(?:summary|!--)[^\n]*\s*|\s*(?:</?[A-Za-z][^<>]*>\s*)+|\s*(?:[-*_=|:]\s*){3,}|\s*>?\s*"
)
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_MASKED = re.compile(r"`[^`]*`|\]\([^)\s]*\)|\bhttps?://\S+")
_END = re.compile(
    r"[.!?]+[\"'\u201d\u2019)\]*_]*(?=\s+[\"'\u201c\u2018(\[*_`]*[A-Z0-9`\ue000])|[.!?]+\s*\Z"
)
_SHORTENED = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|incl|resp|ca|dr|mr|mrs|ms|prof|st|no|fig|sec|vol|pp"
    r"|a\.m|p\.m|min|max|dept|est|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
    r"|(?:^|[\s(])[A-Z]|(?:^|\s)\d{1,2})\.\Z",
    re.IGNORECASE,
)
_MAY_END = re.compile(r"\b(?:etc|a\.m|p\.m)\.\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of a text as it stands there: `text` is the text's `[start:end]`.

    `kind` says what it was: a sentence of prose, a list's item, a block of code, a row of a
    table, or a heading, as the row is that names a table's columns.
    """

    start: int
    end: int
    text: str
    kind: Kind


def split_sentences(text: str) -> list[Sentence]:
    """Return the sentences of a text in order; they do not overlap and none is empty.

    Items of lists are kept whole where they are short, blocks of code always; lines of mere
    markup are left out. Nothing is cut within inline code, links, abbreviations and numbers.
    """
    found: list[Sentence] = []
    for start, end, kind in _blocks(text):
        whole = kind in {"code", "row", "heading"} or (
            kind == "item" and end - start <= LONGEST_ITEM
        )
        spans = [(start, end)] if whole else _sentences(text, start, end)
        for span in spans:
            first, last = _trimmed(text, *span)
            if first < last:
                found.append(Sentence(first, last, text[first:last], kind))
    return found


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _blocks(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Give the paragraphs, items, rows, headings and blocks of code as spans."""
    at, kind, fence = 0, "", ""
    start = end = 0
    for line in text.splitlines(keepends=True):
        here, at = at, at + len(line)
        begun = _FENCE.match(line)
        if fence:
            if begun and begun[1].startswith(fence) and not line[begun.end() :].strip():
                yield start, here, "code"
                fence, kind = "", ""
            continue
        if begun:
            yield from _whole(start, end, kind)
            fence, start, end = begun[1], at, at
            kind = ""
            continue
        now, skip = _kind_of(line, kind)
        if kind == "row" and _BELOW_HEAD.fullmatch(line):
            kind = "heading"
        if now != "same":
            yield from _whole(start, end, kind)
            start, kind = here + skip, now
        end = at
    if fence:
        yield start, at, "code"
    else:
        yield from _whole(start, end, kind)


def _whole(start: int, end: int, kind: str) -> Iterator[tuple[int, int, Kind]]:
    for one in ("prose", "item", "row", "heading"):
        if kind == one:
            yield start, end, one


def _kind_of(line: str, before: str) -> tuple[str, int]:
    """Return what a line begins, with the length of its mark, or `same` where it goes on."""
    if _MARKUP.fullmatch(line):
        return "", 0
    for pattern, kind in ((_HEADING, "heading"), (_ITEM, "item"), (_ROW, "row")):
        mark = pattern.match(line)
        if mark and line[mark.end() :].strip():
            return kind, mark.end()
    if before in {"prose", "item"}:
        return "same", 0
    quote = _QUOTE.match(line)
    return "prose", quote.end() if quote else 0


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the sentences of running text."""
    masked = _MASKED.sub(lambda one: "\ue000" * len(one[0]), text[start:end])
    spans: list[tuple[int, int]] = []
    begun = 0
    for mark in _END.finditer(masked):
        before = masked[begun : mark.start() + 1]
        if _SHORTENED.search(before) and not (
            _MAY_END.search(before) and mark.end() == len(masked)
        ):
            continue
        spans.append((start + begun, start + mark.end()))
        begun = mark.end()
    spans.append((start + begun, end))
    return spans
