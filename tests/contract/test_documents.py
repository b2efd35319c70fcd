"""Documents and their passages behave alike behind every adapter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.estates import (
    FEW,
    MINE,
    OTHERS,
    START,
    Ports,
    at,
    id_of,
    load_items,
    new_tenant,
    window,
)
from headwater.analysis.embeddings import pack
from headwater.errors import UsageError
from headwater.model.document import (
    EVERYTHING,
    Document,
    DocumentCounts,
    DocumentRecord,
    Passage,
    PassageFilter,
    PassageRecord,
    PassageScore,
    Placed,
)
from headwater.model.principal import Principal


def a_record(source: str, **fields: Any) -> DocumentRecord:
    """Make a document that is called as its source."""
    plain = {"title": source, "media_type": "text/markdown", "version": "1", "at": START}
    return DocumentRecord(**({"source": source} | plain | fields))


def cut(*texts: str | PassageRecord) -> list[PassageRecord]:
    """Make passages of texts that stand one after the other."""
    made, end = [], 0
    for one in texts:
        text = one if isinstance(one, str) else one.text
        plain = PassageRecord(text=text, start=end, end=end + len(text))
        made.append(plain if isinstance(one, str) else one)
        end = made[-1].end + 1
    return made


async def put(
    ports: Ports,
    source: str,
    *texts: str | PassageRecord,
    principal: Principal = MINE,
    **fields: Any,
) -> Placed:
    return await ports.documents.put(a_record(source, **fields), cut(*texts), principal=principal)


async def search(
    ports: Ports,
    query: str,
    *,
    limit: int = 100,
    within: PassageFilter = EVERYTHING,
    principal: Principal = MINE,
) -> list[PassageScore]:
    return await ports.documents.search(query, limit=limit, within=within, principal=principal)


async def found(ports: Ports, query: str, **of: Any) -> list[str]:
    """Return the texts found, best first."""
    ids = [one.passage_id for one in await search(ports, query, **of)]
    principal = of.get("principal", MINE)
    return [one.text for one in await ports.documents.passages(ids, principal=principal)]


async def test_a_document_keeps_all_that_it_was_given(estate: Ports) -> None:
    placed = await put(
        estate, "runbooks/ünï.md", "one", "two", title="Ünusual", version="v7", pages=9,
        tags={"team": "payments", "x.y": ""}, items=("no-such", "checkout"), unread_pages=(3, 4),
        images=2, media_type="application/pdf", at=START + timedelta(microseconds=7),
    )  # fmt: skip
    document = placed.document
    assert placed.change == "added"
    assert (document.source, document.title, document.version) == (
        "runbooks/ünï.md",
        "Ünusual",
        "v7",
    )
    assert dict(document.tags) == {"team": "payments", "x.y": ""}
    assert document.items == ("no-such", "checkout")
    assert (document.passages, document.pages, document.unread_pages, document.images) == (
        2, 9, (3, 4), 2,
    )  # fmt: skip
    assert document.media_type == "application/pdf"
    assert document.at == START + timedelta(microseconds=7)
    assert document.created_at == document.updated_at
    for ref in (document.id, "runbooks/ünï.md"):
        assert await estate.documents.get(ref, principal=MINE) == document
        assert await estate.documents.get(ref, principal=OTHERS) is None
    for unknown in (document.id + 1, 2**70, -1, "RUNBOOKS/ÜNÏ.MD", "", "\x00", "\ud800"):
        assert await estate.documents.get(unknown, principal=MINE) is None


async def test_a_passage_keeps_all_that_it_was_given(estate: Ports) -> None:
    await load_items(estate, "checkout", "orders", "unnamed")
    own = PassageRecord(
        text="💥 restart it", start=17, end=29, section="Ops > Night", page=3, items=("orders",)
    )
    placed = await put(estate, "a", own, "two", title="A title", items=("checkout", "gone"))
    first, second = await estate.documents.passages(placed.passage_ids, principal=MINE)
    assert (first.text, first.section, first.page) == ("💥 restart it", "Ops > Night", 3)
    assert (first.start, first.end, first.position) == (17, 29, 0)
    assert (first.document.id, first.document.title, first.document.source) == (
        placed.document.id, "A title", "a",
    )  # fmt: skip
    assert {item.code for item in first.items} == {"checkout", "orders"}
    assert [item.id for item in first.items] == sorted(item.id for item in first.items)
    assert (second.position, second.page, second.section) == (1, None, "")
    assert [item.code for item in second.items] == ["checkout"]
    assert await estate.documents.of_document(placed.document.id, principal=MINE) == [first, second]
    assert await estate.documents.of_document(2**70, principal=MINE) == []


async def test_ids_of_passages_are_listed_in_portions(estate: Ports) -> None:
    ids = [
        *(await put(estate, "a", "one", "two")).passage_ids,
        *(await put(estate, "b", "three")).passage_ids,
    ]
    await put(estate, "c", "theirs", principal=OTHERS)
    listed, last_id = list[int](), 0
    while found := await estate.documents.passage_ids(after_id=last_id, limit=2, principal=MINE):
        listed, last_id = [*listed, *found], found[-1]
    assert listed == sorted(ids)


async def test_passages_come_in_the_order_asked_and_unknown_ones_are_left_out(
    estate: Ports,
) -> None:
    placed = await put(estate, "a", "one", "two", "three")
    one, two, three = placed.passage_ids
    asked = [three, 2**70, one, -5, three, two]
    got = await estate.documents.passages(asked, principal=MINE)
    assert [passage.text for passage in got] == ["three", "one", "three", "two"]
    assert await estate.documents.passages(asked, principal=OTHERS) == []
    assert await estate.documents.passages([], principal=MINE) == []


async def test_the_same_document_twice_is_one_and_nothing_is_written(estate: Ports) -> None:
    first = await put(estate, "a", "one", "two", tags={"a": "b"}, items=("x",))
    before = await estate.versions.current(principal=MINE)
    again = await put(
        estate, "a", "one", "two", tags={"a": "b"}, items=("x",), at=START + timedelta(days=1)
    )
    assert (again.change, again.document, again.passage_ids, again.removed_ids) == (
        "unchanged", first.document, first.passage_ids, (),
    )  # fmt: skip
    assert await estate.versions.current(principal=MINE) == before
    assert await estate.documents.counts(principal=MINE) == DocumentCounts(1, 2)
    assert not await estate.documents.is_empty(principal=MINE)
    assert await estate.documents.is_empty(principal=OTHERS)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"title": "new"},
        {"tags": {"a": "b"}},
        {"items": ("x",)},
        {"media_type": "x"},
    ],
)
async def test_a_changed_document_keeps_its_id_and_its_old_passages_are_gone(
    estate: Ports, change: dict[str, Any]
) -> None:
    first = await put(estate, "a", "old words", "older words")
    other = await put(estate, "b", "other words")
    vectors = {one: pack([1, one]) for one in (*first.passage_ids, *other.passage_ids)}
    await estate.vectors.put(vectors, model="m", principal=MINE)
    assert len(await search(estate, "words")) == 3
    second = await put(estate, "a", "new words", **change)
    assert (second.change, second.document.id) == ("changed", first.document.id)
    assert set(second.removed_ids) == set(first.passage_ids)
    assert set(second.passage_ids).isdisjoint(first.passage_ids)
    assert second.document.created_at == first.document.created_at
    assert await found(estate, "old older") == []
    assert sorted(await found(estate, "words")) == ["new words", "other words"]
    assert await estate.documents.passages(first.passage_ids, principal=MINE) == []
    near = await estate.vectors.search(
        pack([1, 1]), model="m", limit=9, within=EVERYTHING, principal=MINE
    )
    assert [one.passage_id for one in near] == list(other.passage_ids)
    assert await estate.vectors.missing(model="m", limit=9, principal=MINE) == list(
        second.passage_ids
    )


async def test_a_removed_document_is_gone_with_all_that_belonged_to_it(estate: Ports) -> None:
    placed = await put(estate, "a", "words here")
    await estate.vectors.put({placed.passage_ids[0]: pack([1])}, model="m", principal=MINE)
    assert await estate.documents.remove("a", principal=OTHERS) is None
    assert await estate.documents.remove(placed.document.id, principal=MINE) == placed.passage_ids
    assert await estate.documents.remove("a", principal=MINE) is None
    assert await found(estate, "words") == []
    assert await estate.documents.counts(principal=MINE) == DocumentCounts()
    assert await estate.documents.is_empty(principal=MINE)
    vectors = await estate.vectors.fetch(placed.passage_ids, model="m", principal=MINE)
    assert vectors == {}
    again = await put(estate, "a", "words here")
    assert again.change == "added"
    assert set(again.passage_ids).isdisjoint(placed.passage_ids), "an id is never given twice"


async def test_a_passage_with_any_word_is_found_and_the_rarer_word_weighs_more(
    estate: Ports,
) -> None:
    await put(estate, "a", *(f"the pod is number {n}" for n in range(8)), "the disk is full")
    first, *rest = await found(estate, "why is the disk of the pod full?")
    assert first == "the disk is full"
    assert len(rest) == 8
    assert await found(estate, "?!") == []
    assert await found(estate, "unheard") == []


async def test_words_are_found_in_titles_headings_and_within_names(estate: Ports) -> None:
    headed = PassageRecord(text="text", start=0, end=4, section="Meaning > Throttling")
    await put(estate, "a", headed, title="KubePodCrashLooping")
    await put(estate, "b", "nothing of it", title="Other")
    for query in ("crash", "pods looping", "throttled", "KUBEPODCRASHLOOPING", "meaning of life"):
        assert (await found(estate, query))[:1] == ["text"], query
    assert await found(estate, "rash") == []


async def test_another_tenants_passages_neither_appear_nor_count(estate: Ports) -> None:
    await put(estate, "a", "disk full", "pod pod down")
    alone = await search(estate, "disk pod")
    await put(estate, "a", *(f"disk {n}" for n in range(20)), principal=OTHERS)
    assert await search(estate, "disk pod") == alone
    assert len(await search(estate, "disk pod", principal=OTHERS)) == 20


async def filled(estate: Ports, principal: Principal = MINE) -> dict[str, Placed]:
    await load_items(estate, "checkout", "orders", "gone", principal=principal)
    named = PassageRecord(text="word of orders", start=0, end=14, items=("orders",))
    of_gone = PassageRecord(text="word of gone", start=0, end=12, items=("gone",))
    made = {
        "a": await put(
            estate, "a", "word one", named, tags={"team": "x", "env": "p"}, at=at(10),
            principal=principal,
        ),
        "b": await put(
            estate, "b", "word two", items=("checkout",), tags={"team": "x"}, at=at(20),
            principal=principal,
        ),
        "c": await put(estate, "c", "word three", of_gone, at=at(30), principal=principal),
    }  # fmt: skip
    await load_items(estate, "checkout", "orders", principal=principal, replace=True)
    return made


async def test_filters_apply_before_the_cut(estate: Ports) -> None:
    made = await filled(estate)
    checkout, orders = await id_of(estate, "checkout"), await id_of(estate, "orders")
    a, b, c = (made[name].document.id for name in "abc")
    cases: list[tuple[PassageFilter, set[str]]] = [
        (PassageFilter(tags={"team": "x"}), {"word one", "word of orders", "word two"}),
        (PassageFilter(tags={"team": "x", "env": "p"}), {"word one", "word of orders"}),
        (PassageFilter(tags={"team": "X"}), set()),
        (PassageFilter(tags={"team.x": "x"}), set()),
        (PassageFilter(items=(orders,)), {"word of orders"}),
        (PassageFilter(items=(checkout, orders)), {"word of orders", "word two"}),
        (PassageFilter(items=()), set()),
        (PassageFilter(window=window(10, 20)), {"word one", "word of orders"}),
        (PassageFilter(documents=(b, c)), {"word two", "word three", "word of gone"}),
        (PassageFilter(documents=()), set()),
        (PassageFilter(not_documents=(a, c)), {"word two"}),
        (PassageFilter(documents=(a, b), not_documents=(a,), tags={"team": "x"}), {"word two"}),
    ]
    for within, expected in cases:
        assert set(await found(estate, "word", within=within)) == expected, within
    [best] = await search(estate, "word", limit=1, within=PassageFilter(not_documents=(a, c)))
    assert best.passage_id == made["b"].passage_ids[0]
    assert await search(estate, "word", limit=0) == []


async def test_documents_come_newest_first_and_are_filtered_and_counted(estate: Ports) -> None:
    made = await filled(estate)
    orders = await id_of(estate, "orders")

    async def recent(limit: int, **of: Any) -> tuple[str, int, bool]:
        page = await estate.documents.recent(
            limit=limit, within=PassageFilter(**of), principal=MINE
        )
        return "".join(one.source for one in page.documents), page.total, page.truncated

    assert await recent(9) == ("cba", 3, False)
    assert await recent(2) == ("cb", 3, True)
    assert await recent(0) == ("", 3, True)
    assert await recent(9, tags={"team": "x"}) == ("ba", 2, False)
    assert await recent(9, items=(orders,)) == ("a", 1, False)
    assert await recent(9, not_documents=(made["c"].document.id,)) == ("ba", 2, False)
    await put(estate, "a", "word", version="2")
    assert await recent(1) == ("a", 3, True)


async def test_passages_of_items_come_named_ones_first_then_the_newest_documents(
    estate: Ports,
) -> None:
    await load_items(estate, "db", "web", "gone")
    db, web, gone = [await id_of(estate, code) for code in ("db", "web", "gone")]
    naming = PassageRecord(text="old names db", start=5, end=17, items=("db",))
    await put(estate, "old", "old first", naming, items=("db",), at=at(1))
    await put(estate, "new", "new first", "new second", items=("db", "gone"), at=at(2))
    await put(estate, "web", "of web", items=("web",), at=at(3))
    await load_items(estate, "db", "web", replace=True)

    async def of(*items: int, limit: int = 9) -> list[str]:
        got: Sequence[Passage] = await estate.documents.by_items(items, limit=limit, principal=MINE)
        return [one.text for one in got]

    assert await of(db) == ["old names db", "new first", "new second", "old first"]
    assert await of(db, limit=2) == ["old names db", "new first"]
    assert await of(web, db, limit=2) == ["old names db", "of web"]
    assert await of(gone) == []
    assert await of() == []
    assert await estate.documents.by_items((db,), limit=9, principal=OTHERS) == []


async def test_an_item_loaded_after_the_document_is_found_in_it(estate: Ports) -> None:
    placed = await put(estate, "a", "text", items=("later",))
    [before] = await estate.documents.passages(placed.passage_ids, principal=MINE)
    assert before.items == ()
    await load_items(estate, "later")
    later = await id_of(estate, "later")
    [after] = await estate.documents.by_items((later,), limit=9, principal=MINE)
    assert [item.id for item in after.items] == [later]


@pytest.mark.parametrize(
    ("record", "passages", "reason"),
    [
        (a_record(""), [], "source"),
        (a_record("a" * 501), [], "501"),
        (a_record("a", title=""), [], "title"),
        (a_record("a", tags={"": "x"}), [], "tag"),
        (a_record("a", tags={"x": "\x00"}), [], "tag"),
        (a_record("a", items=("\ud800",)), [], "item"),
        (a_record("a", at=START.replace(tzinfo=None)), [], "zone"),
        (a_record("a"), cut("fine", PassageRecord(text="", start=0, end=0)), "passage 1"),
        (a_record("a"), cut(PassageRecord(text="x\x00", start=0, end=2)), "passage 0"),
        (a_record("a"), cut(PassageRecord(text="x", start=3, end=2)), "span"),
    ],
)
async def test_a_bad_document_is_refused_and_nothing_of_it_kept(
    estate: Ports, record: DocumentRecord, passages: list[PassageRecord], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason) as raised:
        await estate.documents.put(record, passages, principal=MINE)
    assert raised.value.code == "document.bad"
    assert await estate.documents.counts(principal=MINE) == DocumentCounts()


async def test_what_is_put_raises_the_versions_of_documents_and_vectors(estate: Ports) -> None:
    before = await estate.versions.current(principal=MINE)
    await put(estate, "a", "one")
    after = await estate.versions.current(principal=MINE)
    assert {port for port in after if after[port] != before[port]} == {"documents", "vectors"}
    assert not any((await estate.versions.current(principal=OTHERS)).values())


async def test_documents_put_at_the_same_time_are_all_there(estate: Ports) -> None:
    async with anyio.create_task_group() as group:
        for number in range(12):
            group.start_soon(put, estate, f"d{number % 4}", f"text {number}", f"more {number}")
    assert await estate.documents.counts(principal=MINE) == DocumentCounts(4, 8)
    assert len(await search(estate, "text more")) == 8


WORDS = ["pod", "disk", "full", "the", "KubeNodeDown", "node", "down", "crashed", "crash", "ünï"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
DOCUMENTS = st.tuples(
    st.sampled_from("abcd"), st.sampled_from("12"), TEXTS, st.lists(TEXTS, max_size=4),
    st.booleans(),
)  # fmt: skip


@FEW
@given(
    puts=st.lists(st.one_of(DOCUMENTS, st.sampled_from("abcd")), max_size=10),
    query=TEXTS,
    limit=st.integers(1, 6),
    odd=st.booleans(),
)
async def test_every_adapter_ranks_as_memory_does_whatever_came_before(
    estate: Ports, memory: Ports, puts: list[Any], query: str, limit: int, odd: bool
) -> None:
    principal = new_tenant()
    within = PassageFilter(tags={"odd": "yes"}) if odd else EVERYTHING
    for one in puts:
        for ports in (estate, memory):
            if isinstance(one, str):
                await ports.documents.remove(one, principal=principal)
                continue
            source, version, title, texts, is_odd = one
            tags = {"odd": "yes"} if is_odd else {}
            await put(
                ports, source, *texts, version=version, title=title, tags=tags, principal=principal
            )
        results = [
            [
                (one.score, text)
                for one, text in zip(
                    await search(ports, query, limit=limit, within=within, principal=principal),
                    await found(ports, query, limit=limit, within=within, principal=principal),
                    strict=True,
                )
            ]
            for ports in (estate, memory)
        ]
        assert results[0] == results[1]


async def test_a_document_changed_by_its_reader_changes_nothing_stored(estate: Ports) -> None:
    placed = await put(estate, "a", "one", tags={"a": "b"})
    placed.document.tags["c"] = "d"  # type: ignore[index]
    held: Document | None = await estate.documents.get("a", principal=MINE)
    assert held is not None
    assert dict(held.tags) == {"a": "b"}
