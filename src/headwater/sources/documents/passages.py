"""How a document's blocks become passages: under one heading, of a readable size; it reads none.

A passage is a span of the document's text as it stands there. Blocks under the same headings are
put together until there are enough words; a block that is too long alone is cut, tables between
rows and lists between items, other text at the ends of sentences, code at the ends of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from headwater.model.document import PassageRecord
from headwater.sources.documents.blocks import Block, Parsed

MOST_WORDS = 150
"""Words of a passage: few enough for a small embedding model to see all of them."""
MOST_CHARACTERS = 2_000
LEAST_WORDS = 30
"""What has fewer joins its neighbour, if that comes to no more than `SLACK` times the most."""
SLACK = 1.25
MOST_SECTION = 1_000
_PART_BEGIN = re.compile(r"\n\s*(?=\||[-*+][ \t]|\d{1,3}[.)][ \t])")
"""Before a table's row or a list's item."""
_SENTENCE_END = re.compile(r"[.!?:;][\"')\]]{0,3}\s+")
_LINE_END = re.compile(r"\n\s*")
_WORD_END = re.compile(r"\s+")
_WORD = re.compile(r"\S+")


def passages_of(parsed: Parsed) -> tuple[PassageRecord, ...]:
    """Return the passages of a document, in order; their spans do not overlap."""
    made: list[PassageRecord] = []
    for section, blocks in _sections(parsed.blocks):
        found = (_record(run, parsed.text, section) for run in _runs(blocks, parsed.text))
        made.extend(record for record in found if record is not None)
    return tuple(made)


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[str, list[Block]]]:
    """Give the blocks between two headings with the path of headings above them."""
    path: list[tuple[int, str]] = []
    held: list[Block] = []
    for block in blocks:
        if block.kind != "heading":
            held.append(block)
            continue
        if held:
            yield _joined(path), held
            held = []
        while path and path[-1][0] >= block.level:
            path.pop()
        path.append((block.level, block.title))
    if held:
        yield _joined(path), held


def _joined(path: list[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in path if title)[:MOST_SECTION].rstrip()


@dataclass(slots=True)
class _Run:
    """Blocks that become one passage."""

    blocks: list[Block]
    words: int

    @property
    def start(self) -> int:
        return self.blocks[0].start

    @property
    def end(self) -> int:
        return self.blocks[-1].end

    def takes(self, block: Block, words: int) -> bool:
        """Tell whether a block fits in as well; what has few words alone may stretch the bounds.

        One of another page does not: a passage is cited with the page that it stands on.
        """
        if block.page != self.blocks[0].page:
            return False
        slack = SLACK if min(self.words, words) < LEAST_WORDS else 1.0
        fits = block.end - self.start <= MOST_CHARACTERS * slack
        return fits and self.words + words <= MOST_WORDS * slack


def _runs(blocks: list[Block], text: str) -> list[_Run]:
    runs: list[_Run] = []
    for block in blocks:
        for piece in _pieces(block, text):
            words = _count(text, piece.start, piece.end)
            if runs and runs[-1].takes(piece, words):
                runs[-1].blocks.append(piece)
                runs[-1].words += words
            else:
                runs.append(_Run([piece], words))
    return runs


def _pieces(block: Block, text: str) -> Iterator[Block]:
    """Cut a block that is too long alone; the pieces are its text without a gap but white space."""
    start = block.start
    while not _fits(text, start, block.end):
        end = _cut(text, start, block.end, is_code=block.kind == "code")
        yield replace(block, start=start, end=end)
        start = end
    if start < block.end:
        yield replace(block, start=start)


def _fits(text: str, start: int, end: int) -> bool:
    return end - start <= MOST_CHARACTERS and _count(text, start, end) <= MOST_WORDS


def _cut(text: str, start: int, end: int, *, is_code: bool) -> int:
    """Return where to cut: the last good place within the bounds, or the bound itself."""
    most = min(end, start + MOST_CHARACTERS)
    for number, word in enumerate(_WORD.finditer(text, start, most), 1):
        if number > MOST_WORDS:
            most = word.start()
            break
    places = (
        (_LINE_END, _WORD_END)
        if is_code
        else (
            _PART_BEGIN,
            _SENTENCE_END,
            _LINE_END,
            _WORD_END,
        )
    )
    least = start + (most - start) // 3
    for place in places:
        ends = [one.end() for one in place.finditer(text, least, most)]
        if ends:
            return ends[-1]
    return most


def _count(text: str, start: int, end: int) -> int:
    return sum(1 for _ in _WORD.finditer(text, start, end))


def _record(run: _Run, text: str, section: str) -> PassageRecord | None:
    """Return the passage of a run without white space around it, or None where nothing is left."""
    words = text[run.start : run.end]
    start = run.start + len(words) - len(words.lstrip())
    words = words.strip()
    if not any(map(str.isalnum, words)):
        return None
    return PassageRecord(
        text=words,
        start=start,
        end=start + len(words),
        section=section,
        page=run.blocks[0].page,
    )
