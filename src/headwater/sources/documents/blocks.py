"""What a document's text is made of: headings, paragraphs, code; it cuts no passages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

BlockKind = Literal["heading", "text", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of characters of a document's text, from `start` to before `end`.

    `level` is a heading's, from 1; `title` its words. `page` counts from 1, where there are pages.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    title: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A document's text and its blocks in order, which do not overlap.

    `title` is what the document calls itself, apart from its headings; empty where it does not.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    at: datetime | None = None
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()
    images: int = 0
