"""What do the documents say? Find, fetch and answer from passages; it writes no sentence itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from headwater.model.document import Passage
from headwater.model.evidence import Evidence
from headwater.model.item import ItemName
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.remark import Remarks
from headwater.packs.arguments import Text
from headwater.packs.citing import MAX_RECORDS, told
from headwater.packs.knowledge.answering import (
    SUPPORTED,
    CitedSentence,
    best_document,
    differing,
    extract,
    support_of,
)
from headwater.packs.knowledge.arguments import Dates, Items, Query, Tags, find_within
from headwater.packs.knowledge.checking import MOST_CLAIMS, Claim, check_claims
from headwater.packs.knowledge.citing import (
    NOT_FOUND,
    cite_sentences,
    passage_records,
    written_note,
)
from headwater.packs.knowledge.finding import Found, find_passages, hit_of
from headwater.packs.knowledge.lanes import Lanes, Shelf
from headwater.packs.knowledge.neighbours import (
    MOST_PASSAGES,
    MOST_ROOTS,
    find_roots,
    rank_near,
    reach,
)
from headwater.packs.knowledge.results import (
    Checks,
    Hits,
    KnowledgeAnswer,
    Passages,
    Related,
    Runbooks,
)
from headwater.packs.knowledge.runbooks import find_runbooks
from headwater.packs.knowledge.synthesis import Writer, Written, write
from headwater.packs.naming import find_named
from headwater.ports.documents import Documents
from headwater.ports.embedder import Embedder
from headwater.ports.inventory import Inventory
from headwater.ports.llm import Llm
from headwater.ports.relations import Relations
from headwater.ports.vectors import Vectors
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

PassageId = Annotated[int, Field(ge=0, le=2**63 - 1, strict=True)]
Facts = Annotated[
    Sequence[Annotated[str, Field(max_length=2_000)]],
    Field(max_length=50, description="What other steps found; a model may write from it as well."),
]


CONSIDERED = 12
"""Passages found that an answer is taken from."""
MOST_OF_ONE = 60
"""Passages of the best document that are read besides."""
SEEDS = 10
"""Passages found whose items a walk starts from."""


@tool(
    name="knowledge.search",
    description="Find the passages of documents that suit a query, by words and by meaning.",
    role="reader",
    idempotent=True,
    cacheable=True,
    dated_by=("dates",),
)
async def search(  # noqa: PLR0913 - a tool's parameters are its arguments
    query: Query,
    *,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    tags: Tags = {},  # noqa: B006 - never changed; pydantic copies it
    items: Items = None,
    dates: Dates = None,
    documents: Documents,
    vectors: Vectors,
    embedder: Embedder,
    inventory: Inventory,
    asked: Asked,
    principal: Principal,
) -> Cited[Hits]:
    """Give the best passages, each document's best before its further ones."""
    shelf = Shelf(documents=documents, vectors=vectors, embedder=embedder, principal=principal)
    within = await find_within(
        tags=tags,
        items=items,
        dates=dates,
        asked_at=asked.at,
        inventory=inventory,
        principal=principal,
    )
    found = await find_passages(query, shelf=shelf, within=within.filter, limit=limit)
    hits = Hits(
        hits=[hit_of(one) for one in found.ranked],
        total=found.total,
        truncated=found.total > len(found.ranked),
        lanes=found.lanes.reports,
        folded=found.folded,
    )
    asked_for = told("documents", query=query, tags=list(tags.items()), of=items, dates=dates)
    words = asked_for + within.named.note + found.lanes.gap
    read = [one.passage for one in found.ranked]
    cited = _cited(read, count=found.total, query=words, truncated=hits.truncated)
    return Cited(hits, cited, keep=found.lanes.whole)


@tool(
    name="knowledge.fetch",
    description="Give passages of documents by id, whole and in the order asked.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def fetch(
    ids: Annotated[Sequence[PassageId], Field(min_length=1, max_length=200)],
    *,
    documents: Documents,
    principal: Principal,
) -> Cited[Passages]:
    """Give each passage once for every time that its id is asked for, or name it missing."""
    read = await documents.passages(list(dict.fromkeys(ids)), principal=principal)
    by_id = {one.id: one for one in read}
    value = Passages(
        passages=[by_id[one] for one in ids if one in by_id],
        missing=[one for one in dict.fromkeys(ids) if one not in by_id],
    )
    words = told("passages", ids=[str(one) for one in ids])
    return Cited(value, _cited(read, count=len(read), query=words))


@tool(
    name="knowledge.related",
    description="Find passages about what items hang together with, the nearest items first.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def related(  # noqa: PLR0913 - a tool's parameters are its arguments
    *,
    query: Annotated[Text, Field(description="What to look for; its items are the start.")] = "",
    items: Items = None,
    hops: Annotated[int, Field(ge=0, le=3, description="Relations to go from an item.")] = 2,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    documents: Documents,
    vectors: Vectors,
    embedder: Embedder,
    inventory: Inventory,
    relations: Relations,
    principal: Principal,
) -> Cited[Related]:
    """Give passages of the items named or found, and of those within so many relations."""
    shelf = Shelf(documents=documents, vectors=vectors, embedder=embedder, principal=principal)
    named = await find_named(items or (), inventory=inventory, principal=principal)
    roots = [ItemName(one.id, one.code, one.name) for one in named.items[:MOST_ROOTS]]
    lanes = Lanes()
    if query.strip() and items is None:
        roots, lanes = await _roots_of(query, shelf=shelf, inventory=inventory, principal=principal)
    reached, cut = await reach(
        [one.id for one in roots], hops=hops, relations=relations, principal=principal
    )
    about = await documents.by_items(
        [one.id for one in reached], limit=MOST_PASSAGES, principal=principal
    )
    ranked = rank_near(about, reached, query=query, roots=roots)
    value = Related(
        hits=[hit_of(one) for one in ranked[:limit]],
        reached=reached,
        total=len(ranked),
        truncated=cut or len(ranked) > limit or len(about) == MOST_PASSAGES,
        lanes=lanes.reports,
    )
    words = told("passages near", items=[one.code for one in roots], query=query, hops=str(hops))
    words += named.note + lanes.gap
    read = [one.passage for one in ranked[:limit]]
    cited = _cited(read, count=len(ranked), query=words, truncated=value.truncated)
    return Cited(value, cited, keep=lanes.whole)


@tool(
    name="knowledge.answer",
    description="Answer a question with cited sentences of documents, or say that none has it.",
    role="reader",
    idempotent=True,
    cacheable=True,
    dated_by=("dates",),
    phrasings=("what do the documents say about {question}",),
)
async def answer(  # noqa: PLR0913 - a tool's parameters are its arguments
    question: Query,
    *,
    limit: Annotated[int, Field(ge=1, le=20, description="Sentences at most.")] = 5,
    facts: Facts = (),
    tags: Tags = {},  # noqa: B006 - never changed; pydantic copies it
    items: Items = None,
    dates: Dates = None,
    documents: Documents,
    vectors: Vectors,
    embedder: Embedder,
    inventory: Inventory,
    llm: Llm,
    remarks: Remarks,
    asked: Asked,
    principal: Principal,
) -> Cited[KnowledgeAnswer]:
    """Give the sentences in the order in which they read, each contained in its passage."""
    shelf = Shelf(documents=documents, vectors=vectors, embedder=embedder, principal=principal)
    within = await find_within(
        tags=tags,
        items=items,
        dates=dates,
        asked_at=asked.at,
        inventory=inventory,
        principal=principal,
    )
    found = await find_passages(question, shelf=shelf, within=within.filter, limit=CONSIDERED)
    whole = await _whole(question, found, shelf=shelf)
    read = [*(one.passage for one in found.ranked), *whole]
    support, written = support_of(question, read), Written()
    extracted = support >= SUPPORTED
    sentences = extract(question, found.ranked, whole, limit=limit) if extracted else []
    if sentences:  # what nothing supports is not asked of a model either
        writer = Writer(llm=llm, remarks=remarks, principal=principal)
        written = await write(question, read, facts=facts, limit=limit, writer=writer)
        sentences = written.sentences or sentences
    value = await _answer_of(sentences, found, written, support=support, read=read, shelf=shelf)
    asked_for = told("documents", question=question, tags=list(tags.items()), of=items, dates=dates)
    asked_for += within.named.note + found.lanes.gap + written_note(value)
    return Cited(value, cite_sentences(value, asked_for), found.lanes.whole and written.whole)


@tool(
    name="knowledge.runbooks",
    description="Find the documents called as alerts and rules are, and those about items.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def runbooks(
    *,
    names: Annotated[
        Sequence[Text], Field(max_length=50, description="Of alerts and rules, or their titles.")
    ] = (),
    items: Items = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    documents: Documents,
    inventory: Inventory,
    principal: Principal,
) -> Cited[Runbooks]:
    """Give each such document once, those called by a name first, with what it is for."""
    named = await find_named(items or (), inventory=inventory, principal=principal)
    found = await find_runbooks(names, named.ids, documents=documents, principal=principal)
    value = Runbooks(runbooks=found[:limit], total=len(found), truncated=len(found) > limit)
    evidence = Evidence(
        source="documents",
        count=len(found),
        unit="documents",
        records=tuple(
            f"document {one.document.id} {one.document.title}" for one in found[:MAX_RECORDS]
        ),
        query=told("runbooks", names=list(names), of=items) + named.note,
        truncated=value.truncated,
    )
    return Cited(value, (evidence,))


@tool(
    name="knowledge.check",
    description="Check claims against documents other than their own: supported, contested or not.",
    role="reader",
    idempotent=True,
    cacheable=True,
)
async def check(
    claims: Annotated[Sequence[Text | Claim], Field(min_length=1, max_length=MOST_CLAIMS)],
    *,
    documents: Documents,
    vectors: Vectors,
    embedder: Embedder,
    principal: Principal,
) -> Cited[Checks]:
    """Give each claim's verdict with the passages that speak of it; one search a claim."""
    shelf = Shelf(documents=documents, vectors=vectors, embedder=embedder, principal=principal)
    given = [Claim(text=one) if isinstance(one, str) else one for one in claims]
    checked = await check_claims(given, shelf=shelf)
    ids = list(dict.fromkeys(one.passage_id for each in checked for one in each.witnesses))
    witnesses = await documents.passages(ids[:MAX_RECORDS], principal=principal)
    evidence = Evidence(
        source="documents",
        count=len(ids),
        unit="passages",
        records=_records(witnesses),
        query=told("claims", claims=[one.text for one in given]),
    )
    keep = all(one.whole for one in checked)
    return Cited(Checks(checks=checked), (evidence,), keep=keep)


async def _whole(question: str, found: Found, *, shelf: Shelf) -> list[Passage]:
    """Return the first passages of the best document, in order."""
    best = best_document(question, found.ranked)
    if best is None:
        return []
    read = await shelf.documents.of_document(best, principal=shelf.principal)
    return list(read)[:MOST_OF_ONE]


async def _answer_of(
    sentences: list[CitedSentence],
    found: Found,
    written: Written,
    *,
    support: float,
    read: Sequence[Passage],
    shelf: Shelf,
) -> KnowledgeAnswer:
    counts = await shelf.documents.counts(principal=shelf.principal)
    return KnowledgeAnswer(
        found=bool(sentences),
        sentences=sentences,
        differing=differing(sentences),
        support=support,
        reason="" if sentences else NOT_FOUND,
        nearest=list(dict.fromkeys(one.passage.document for one in found.ranked))[:3],
        considered=len({one.id for one in read}),
        searched=counts.passages,
        lanes=found.lanes.reports,
        written_by=written.model if written.sentences else "",
        unwritten=written.missing,
        dropped=written.dropped,
        stated=written.stated if written.sentences else [],
        checked_by=written.checked_by if written.sentences else "",
        unchecked=written.unchecked,
    )


async def _roots_of(
    query: str, *, shelf: Shelf, inventory: Inventory, principal: Principal
) -> tuple[list[ItemName], Lanes]:
    """Return the items that the passages found for a question are about."""
    found = await find_passages(query, shelf=shelf, limit=SEEDS)
    passages = [one.passage for one in found.ranked]
    seeds = [one for one in passages if support_of(query, [one]) >= SUPPORTED]
    roots = await find_roots(query, seeds, inventory=inventory, principal=principal)
    return roots, found.lanes


def _cited(
    read: Sequence[Passage], *, count: int, query: str, truncated: bool = False
) -> tuple[Evidence, ...]:
    cited = Evidence(
        source="documents",
        count=count,
        unit="passages",
        records=_records(read),
        query=query,
        truncated=truncated,
    )
    return (cited,)


def _records(passages: Sequence[Passage]) -> tuple[str, ...]:
    return tuple(passage_records(passages))[:MAX_RECORDS]
