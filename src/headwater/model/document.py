"""What a document and its passages are; it reads, stores and ranks none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from headwater.model.item import ItemName
from headwater.model.window import Window

DocumentRef = int | str
"""A document's id (a whole number) or its source (text)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """A document as whoever read it gives it, before it has an id.

    Args:
        source: What it is known by within its tenant: a path, an address, a name.
        version: A digest of its content, and of whatever else makes other passages of it.
        items: Codes of the items that it is about as a whole; they need not exist yet.
        pages: How many it has, where it has any; `unread_pages` have no text that could be had.
        images: How many pictures were passed over.
        at: When it was written, as far as that is known; date filters go by it.
    """

    source: str
    title: str
    media_type: str
    version: str
    tags: Mapping[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()
    images: int = 0
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as the estate holds it; `passages` says how many it has."""

    id: int
    source: str
    title: str
    media_type: str
    version: str
    tags: Mapping[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    passages: int = 0
    pages: int | None = None
    unread_pages: tuple[int, ...] = ()
    images: int = 0
    at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentName:
    """What a document is called wherever a passage of it is shown."""

    id: int
    title: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRecord:
    """A passage as whoever cut the document gives it.

    Args:
        text: Its words; `start` and `end` are its characters within the document's text.
        section: The headings above it, outermost first, joined by ` > `.
        page: The page on which it begins, from 1, where there are pages.
        items: Codes of the items that this very passage names, beside those of its document.
    """

    text: str
    start: int
    end: int
    section: str = ""
    page: int | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage as the estate holds it.

    An id is never given again, so one that is gone is another version's or none's. `position`
    counts within the document from 0. `items` are the living ones that it or its document names.
    """

    id: int
    document: DocumentName
    position: int
    section: str
    page: int | None
    start: int
    end: int
    text: str
    items: tuple[ItemName, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageScore:
    """A passage found by one lane, with that lane's score; scores of two lanes do not compare."""

    passage_id: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageFilter:
    """Which passages are looked at at all; all that is given must hold.

    Args:
        tags: The document has all of these.
        items: The passage or its document names one of the living items with these ids.
        window: The document's `at` is within.
        documents: The document is one of these; `not_documents`: none of these.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    items: tuple[int, ...] | None = None
    window: Window | None = None
    documents: tuple[int, ...] | None = None
    not_documents: tuple[int, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tell whether every passage passes."""
        return not (
            self.tags
            or self.items is not None
            or self.window is not None
            or self.documents is not None
            or self.not_documents
        )


EVERYTHING = PassageFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What a model made of a document's passages: a vector for each, in their order."""

    model: str
    vectors: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What came of putting a document: `change` is added, changed or unchanged.

    `passage_ids` are its passages in order; `removed_ids` those of the version before, which a
    store of vectors elsewhere has yet to forget. `embedded` tells whether the vectors that came
    with it were kept in the same transaction; a store of vectors elsewhere has yet to get them.
    """

    document: Document
    change: str
    passage_ids: tuple[int, ...]
    removed_ids: tuple[int, ...] = ()
    embedded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """The documents written last, newest first; `total` is the true count of all that match."""

    documents: list[Document]
    total: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """How many documents a tenant has, and passages in them."""

    documents: int = 0
    passages: int = 0


@dataclass(frozen=True, slots=True)
class Mended:
    """How many vectors an index elsewhere had too many, and how many it lacked."""

    removed: int = 0
    added: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cite:
    """Where exactly something is said: a document's section, page and characters."""

    document: DocumentName
    section: str
    page: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LaneRank:
    """Where a lane had a passage: its place from 1, and the lane's own score."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeHit:
    """A passage found; `passage` is its text, `why` the lanes that found it, by name."""

    document: DocumentName
    passage: str
    passage_id: int
    section: str
    page: int | None
    start: int
    end: int
    score: float
    why: dict[str, LaneRank] = field(default_factory=dict)
    items: tuple[ItemName, ...] = ()
