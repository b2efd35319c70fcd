"""How passages and sentences of documents are shown; it says nothing about what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.model.block import TableBlock, TextBlock

MOST_CHARS = 200
Cites = tuple[int, ...]


def hits_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> TableBlock:
    """Return passages found, best first, with where they stand."""
    hits = value["hits"]
    rows = tuple(
        (
            hit["document"]["title"],
            hit["section"] or None,
            hit["page"],
            hit["score"],
            shortened(hit["passage"]),
        )
        for hit in hits
    )
    total = int(value["total"])
    return TableBlock(
        title=title,
        columns=("document", "section", "page", "score", "passage"),
        rows=rows,
        total=total,
        truncated=total > len(rows),
        cites=cites,
    )


def quotes_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> TextBlock:
    """Return the sentences of an answer from documents, each with what it is cited by."""
    lines = tuple(
        f"{one['text']}{mark}"
        for one, mark in zip(value["sentences"], marks(value["sentences"], cites), strict=True)
    )
    return TextBlock(title=title, lines=lines or (str(value["reason"]),), cites=cites)


def marks(sentences: Sequence[Mapping[str, Any]], cites: Cites) -> list[str]:
    """Return the citation of each sentence, such as ` [2]`: the evidence of its passage.

    The tool cites each passage once, in the order of the sentences.
    """
    order = list(dict.fromkeys(one["passage_id"] for one in sentences))
    if len(order) != len(cites):
        return ["" for _ in sentences]
    number = dict(zip(order, cites, strict=True))
    return [f" [{number[one['passage_id']]}]" for one in sentences]


def heading(one: Mapping[str, Any]) -> str:
    """Return what a passage stands under: its document and the last of its headings."""
    title, last = str(one["document"]["title"]), str(one["section"]).rpartition(" > ")[2]
    page = f", page {one['page']}" if one.get("page") is not None else ""
    return f"{title}: {last}{page}" if last and last != title else f"{title}{page}"


def shortened(text: str, most: int = MOST_CHARS) -> str:
    """Return a text in one line, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 2].rsplit(' ', 1)[0]} …"
