"""Passages are found by words and by meaning at once; a lane that fails leaves the other."""

from __future__ import annotations

import anyio
import pytest
from patience import GUARD_S
from shelf import (
    FailingEmbedder,
    HangingDocuments,
    HangingEmbedder,
    Shelf,
)

from headwater.errors import DeadlineExceeded, StoreFault
from headwater.packs.knowledge.tools import fetch, search

pytestmark = pytest.mark.anyio


async def filled() -> Shelf:
    shelf = Shelf()
    await shelf.load({"orders-db": "database", "cache-1": "cache"})
    await shelf.put(
        "runbooks/DiskFull.md",
        [
            ("Meaning", "The disk of a host is full."),
            ("Mitigation", "Delete old logs of the disk."),
        ],
        title="Disk Full",
        tags={"team": "storage"},
        days_old=400,
    )
    await shelf.put(
        "runbooks/orders.md",
        [("", "The orders database waits for its disk.")],
        title="Orders",
        items=("orders-db",),
        tags={"team": "orders"},
    )
    await shelf.put("notes/tea.txt", [("", "Tea is made with hot water.")], title="Tea")
    return shelf


async def test_a_hit_says_where_it_stands_and_why_it_is_there() -> None:
    shelf = await filled()
    with anyio.fail_after(GUARD_S):
        cited = await search("what about DiskFull?", limit=2, **shelf.ports)

    first = cited.value.hits[0]
    assert first.document.title == "Disk Full"
    assert first.passage in {"The disk of a host is full.", "Delete old logs of the disk."}
    assert {"keyword", "vector", "name"} == set(first.why)
    assert [one.status for one in cited.value.lanes] == ["succeeded", "succeeded"]
    (evidence,) = cited.evidence
    assert evidence.source == "documents"
    assert evidence.records[:2] == ("document 1 Disk Full", f"passage {first.passage_id} Meaning")


async def test_each_documents_best_passage_stands_before_further_ones() -> None:
    shelf = await filled()
    with anyio.fail_after(GUARD_S):
        cited = await search("disk", limit=3, **shelf.ports)

    titles = [one.document.title for one in cited.value.hits]
    assert titles.count("Disk Full") == 2
    assert set(titles[:2]) == {"Disk Full", "Orders"}
    scores = [one.score for one in cited.value.hits]
    assert scores == sorted(scores, reverse=True)


async def test_one_document_has_at_most_two_of_the_first_ten_places() -> None:
    shelf = Shelf()
    planted = [(f"Part {n}", f"disk full disk full {word}") for n, word in enumerate("abcdefgh")]
    await shelf.put("planted.md", planted, title="Disk full")
    for n, word in enumerate("stuvwxyz"):
        await shelf.put(
            f"{n}.md", [("", f"A note of {word}: the disk was full.")], title=f"Note {n}"
        )
    with anyio.fail_after(GUARD_S):
        cited = await search("disk full", limit=10, **shelf.ports)

    sources = [one.document.source for one in cited.value.hits]
    assert len(sources) == 10
    assert sources.count("planted.md") == 2
    scores = [one.score for one in cited.value.hits]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"tags": {"team": "orders"}}, {"Orders"}),
        ({"items": ["orders-db"]}, {"Orders"}),
        ({"items": ["no-such-item"]}, set()),
        ({"dates": "last_30d"}, {"Orders", "Tea"}),
    ],
)
async def test_filters_hold_for_every_lane(filters: dict[str, object], titles: set[str]) -> None:
    shelf = await filled()
    with anyio.fail_after(GUARD_S):
        cited = await search("disk", **filters, **shelf.ports)

    assert {one.document.title for one in cited.value.hits} == titles


async def test_a_copy_of_a_passage_is_folded_into_it_and_named() -> None:
    shelf = await filled()
    text = "Restart the exporter on the host and wait for five minutes until it is green again"
    (first,) = await shelf.put("a/restart.md", [("", text)], title="Restart")
    (second,) = await shelf.put("b/restart.md", [("", f"{text}!")], title="Restart")
    with anyio.fail_after(GUARD_S):
        cited = await search("restart the exporter", **shelf.ports)

    assert [one.passage_id for one in cited.value.hits].count(first) == 1
    (folded,) = cited.value.folded
    assert (folded.passage_id, folded.into) == (second, first)


async def test_a_lane_that_fails_is_named_and_the_other_answers() -> None:
    shelf = await filled()
    shelf.embedder = FailingEmbedder()
    with anyio.fail_after(GUARD_S):
        cited = await search("disk", **shelf.ports)

    keyword, vector = cited.value.lanes
    assert (keyword.status, vector.status) == ("succeeded", "failed")
    assert vector.code == "embedder.unavailable"
    assert {"Disk Full", "Orders"} == {one.document.title for one in cited.value.hits}
    assert "vector failed" in (cited.evidence[0].query or "")
    assert not cited.keep


@pytest.mark.parametrize("late", ["keyword", "vector"])
async def test_a_lane_that_is_late_leaves_time_for_the_other(late: str) -> None:
    shelf = await filled()
    if late == "vector":
        shelf.embedder = HangingEmbedder()
    else:
        shelf.documents = HangingDocuments(shelf.estate)
    with anyio.fail_after(2):
        cited = await search("disk full", **shelf.ports)

    assert {one.lane for one in cited.value.lanes if one.status == "late"} == {late}
    assert cited.value.hits
    assert not cited.keep


async def test_where_no_lane_succeeds_the_call_fails_with_the_first_reason() -> None:
    shelf = await filled()
    shelf.documents, shelf.embedder = HangingDocuments(shelf.estate), FailingEmbedder()
    with anyio.fail_after(0.5), pytest.raises(StoreFault) as caught:
        await search("disk", **shelf.ports)
    assert caught.value.code == "embedder.unavailable"

    shelf.embedder = HangingEmbedder()
    with anyio.fail_after(0.5), pytest.raises(DeadlineExceeded):
        await search("disk", **shelf.ports)


async def test_an_estate_without_documents_embeds_nothing() -> None:
    shelf = Shelf()
    with anyio.fail_after(GUARD_S):
        cited = await search("disk", **shelf.ports)

    assert cited.value.hits == []
    assert shelf.embedder.asked == 0


async def test_passages_are_fetched_in_the_order_asked_and_missing_ones_named() -> None:
    shelf = await filled()
    with anyio.fail_after(GUARD_S):
        cited = await fetch(
            [3, 99, 1, 3], documents=shelf.documents, principal=shelf.ports["principal"]
        )

    assert [one.id for one in cited.value.passages] == [3, 1, 3]
    assert cited.value.missing == [99]
