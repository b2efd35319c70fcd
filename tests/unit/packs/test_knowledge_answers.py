"""Answers are sentences of passages, letter for letter; where there are none, it is said."""

from __future__ import annotations

import anyio
import pytest
from patience import GUARD_S
from shelf import WHO, FailingEmbedder, Shelf

from headwater.errors import UsageError
from headwater.packs.knowledge.checking import MOST_CLAIMS, Claim
from headwater.packs.knowledge.tools import answer, check, related, runbooks

pytestmark = pytest.mark.anyio

MITIGATION = """\
Restart the payment service. Then check:

- the slow queries
- the locks held

At most 50 connections per payment host are allowed."""


async def runbook_shelf() -> Shelf:
    shelf = Shelf()
    await shelf.load(
        {"checkout-api": "service", "orders-db": "database", "host-1": "host", "mail-1": "service"},
        [("checkout-api", "orders-db"), ("orders-db", "host-1")],
    )
    await shelf.put(
        "runbooks/PoolExhausted.md",
        [
            ("Meaning", "The connection pool of the payment service has no connection left."),
            ("Impact", "Payments fail."),
            (
                "Mitigation",
                MITIGATION,
            ),
        ],
        title="Pool Exhausted",
    )
    await shelf.put(
        "wiki/payments.md",
        [("Limits", "At most 80 connections per payment host are allowed.")],
        title="Payments",
    )
    await shelf.put(
        "runbooks/orders-db.md",
        [("Mitigation", "Kill the longest query of the database.")],
        title="Orders database",
        items=("orders-db",),
    )
    await shelf.put("mail.md", [("", "Mail waits in its queue.")], title="Mail", items=("mail-1",))
    return shelf


async def test_what_to_do_is_answered_from_the_mitigation_with_its_list() -> None:
    shelf = await runbook_shelf()
    with anyio.fail_after(GUARD_S):
        cited = await answer("What do I do about PoolExhausted?", **shelf.answering)

    texts = [one.text for one in cited.value.sentences]
    assert cited.value.found
    assert texts[-4:-1] == ["Then check:", "the slow queries", "the locks held"]
    assert {"the slow queries", "the locks held"} <= set(texts)
    assert {one.section for one in cited.value.sentences} >= {"Mitigation"}


async def test_every_sentence_stands_in_the_passage_and_at_the_place_that_it_cites() -> None:
    shelf = await runbook_shelf()
    with anyio.fail_after(GUARD_S):
        cited = await answer("How many connections per payment host?", limit=10, **shelf.answering)

    ids = list(dict.fromkeys(one.passage_id for one in cited.value.sentences))
    held = {one.id: one for one in await shelf.documents.passages(ids, principal=WHO)}
    for one in cited.value.sentences:
        passage = held[one.passage_id]
        start = one.start - passage.start
        assert passage.text[start : start + len(one.text)] == one.text
        assert one.end - one.start == len(one.text)
    assert [one.records[1].split()[1] for one in cited.evidence] == [str(number) for number in ids]


async def test_sources_that_give_different_figures_are_shown_as_such() -> None:
    shelf = await runbook_shelf()
    with anyio.fail_after(GUARD_S):
        cited = await answer(
            "How many connections per payment host are allowed?", **shelf.answering
        )

    (odd,) = cited.value.differing
    assert {odd.first_figure, odd.second_figure} == {"50", "80"}
    said = cited.value.sentences
    assert said[odd.first].document.id != said[odd.second].document.id


@pytest.mark.parametrize(
    "question", ["How do I bake bread?", "What do I do about KafkaConsumerLag?", "???"]
)
async def test_what_nothing_supports_is_not_found(question: str) -> None:
    shelf = await runbook_shelf()
    with anyio.fail_after(GUARD_S):
        cited = await answer(question, **shelf.answering)

    assert not cited.value.found
    assert cited.value.sentences == []
    assert cited.value.reason == "not found in the documents"
    assert cited.value.searched == 6


async def test_an_answer_by_words_alone_says_which_lane_is_missing() -> None:
    shelf = await runbook_shelf()
    shelf.embedder = FailingEmbedder()
    with anyio.fail_after(GUARD_S):
        cited = await answer("What is the impact of PoolExhausted?", **shelf.answering)

    assert "Payments fail." in [one.text for one in cited.value.sentences]
    assert [one.lane for one in cited.value.lanes if one.status == "failed"] == ["vector"]


async def test_the_runbook_of_what_an_item_depends_on_is_found_over_relations() -> None:
    shelf = await runbook_shelf()
    with anyio.fail_after(GUARD_S):
        cited = await related(
            query="the database behind checkout is slow, what do I do?", **shelf.graph
        )

    assert cited.value.hits[0].document.title == "Orders database"
    distances = {one.code: one.distance for one in cited.value.reached}
    assert distances["checkout-api"] == 0
    assert "Mail" not in {one.document.title for one in cited.value.hits}


async def test_hops_bound_how_far_the_walk_goes() -> None:
    shelf = await runbook_shelf()
    with anyio.fail_after(GUARD_S):
        near = await related(items=["checkout-api"], hops=0, **shelf.graph)
        far = await related(items=["checkout-api"], hops=2, **shelf.graph)

    assert near.value.hits == []
    assert [one.document.title for one in far.value.hits] == ["Orders database"]
    assert {one.code: one.distance for one in far.value.reached} == {
        "checkout-api": 0,
        "orders-db": 1,
        "host-1": 2,
    }


async def test_claims_are_supported_contested_or_neither() -> None:
    shelf = await runbook_shelf()
    claims = [
        "At most 50 connections per payment host are allowed.",
        "At most 90 connections per payment host are allowed.",
        "Mail never waits in its queue.",
        "The moon is made of cheese.",
    ]
    with anyio.fail_after(GUARD_S):
        cited = await check(claims, **shelf.lanes)

    assert [one.verdict for one in cited.value.checks] == [
        "contested",
        "contested",
        "contested",
        "unsupported",
    ]
    first = cited.value.checks[0]
    assert {one.stance for one in first.witnesses} == {"supports", "contests"}
    assert first.witnesses[0].because == "80 instead of 50"


async def test_a_claim_is_not_checked_against_its_own_source() -> None:
    shelf = await runbook_shelf()
    claim = "Kill the longest query of the database."
    with anyio.fail_after(GUARD_S):
        cited = await check(
            [claim, Claim(text=claim, sources=["runbooks/orders-db.md"])], **shelf.lanes
        )

    assert [one.verdict for one in cited.value.checks] == ["supported", "unsupported"]


async def test_runbooks_are_found_by_the_names_of_alerts_and_by_items() -> None:
    shelf = await runbook_shelf()
    with anyio.fail_after(GUARD_S):
        cited = await runbooks(
            names=["PoolExhausted on payments-2", "Disk"],
            items=["orders-db"],
            documents=shelf.documents,
            inventory=shelf.inventory,
            principal=WHO,
        )

    found = [(one.document.title, one.name) for one in cited.value.runbooks]
    assert found == [("Pool Exhausted", "PoolExhausted on payments-2"), ("Orders database", None)]
    assert [item.code for item in cited.value.runbooks[1].items] == ["orders-db"]


async def test_a_check_takes_one_search_a_claim_and_a_bounded_number_of_claims() -> None:
    shelf = await runbook_shelf()
    claims = [f"At most {number} connections per payment host are allowed." for number in range(7)]
    before = shelf.embedder.asked
    with anyio.fail_after(GUARD_S):
        cited = await check(claims, **shelf.lanes)

    assert len(cited.value.checks) == len(claims)
    assert shelf.embedder.asked - before == len(claims)
    with pytest.raises(UsageError) as raised:
        check.schema.decode({"claims": ["Too many."] * (MOST_CLAIMS + 1)})
    assert raised.value.code == "tool.bad_arguments"
