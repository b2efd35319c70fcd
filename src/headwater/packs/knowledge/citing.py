"""How do the tools of documents say which passages a value came from? It reads nothing."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.model.document import Passage
from headwater.model.evidence import Evidence
from headwater.packs.knowledge.answering import CitedSentence
from headwater.packs.knowledge.results import KnowledgeAnswer

NOT_FOUND = "not found in the documents"


def passage_records(passages: Sequence[Passage]) -> list[str]:
    """Return the record names of passages and their documents, each once, in order."""
    records: dict[str, None] = {}
    for one in passages:
        records[f"document {one.document.id} {one.document.title}"] = None
        records[f"passage {one.id} {one.section}".rstrip()] = None
    return list(records)


def cite_sentences(value: KnowledgeAnswer, query: str) -> tuple[Evidence, ...]:
    """Return an entry for each passage that is quoted, in the order of the sentences.

    Where nothing is, the one entry says how many passages were read in vain.
    """
    first: dict[int, CitedSentence] = {}
    for one in value.sentences:
        first.setdefault(one.passage_id, one)
    if not first:
        return (Evidence(source="documents", count=value.considered, unit="passages", query=query),)
    return tuple(_of_passage(one, query) for one in first.values())


def written_note(value: KnowledgeAnswer) -> str:
    """Say that a model wrote the sentences, or why the one that is set did not; else nothing."""
    if value.written_by:
        by = f", checked by {value.checked_by}" if value.checked_by else ""
        by += f", not checked: {value.unchecked}" if value.unchecked else ""
        return f"; written by {value.written_by}, {value.dropped} sentences dropped{by}"
    if value.unwritten in {"", "llm.none"}:
        return ""
    return f"; copied, for the language model failed: {value.unwritten}"


def _of_passage(one: CitedSentence, query: str) -> Evidence:
    page = "" if one.page is None else f", page {one.page}"
    return Evidence(
        source=one.document.source,
        count=1,
        unit="passages",
        records=(
            f"document {one.document.id} {one.document.title}",
            f"passage {one.passage_id} {one.section}{page}".rstrip(),
        ),
        query=query,
    )
