"""Answers from documents show their sentences with what they cite, and never one of their own."""

from __future__ import annotations

import pytest
from question_world import DOCUMENTS, ask

from headwater.model.block import TextBlock

TEXTS = " ".join(text for _, _, _, passages in DOCUMENTS for _, text in passages)


def lines_of(text: str) -> list[str]:
    answer = ask(text)
    return [line for block in answer.blocks if isinstance(block, TextBlock) for line in block.lines]


@pytest.mark.parametrize(
    "text",
    [
        "what do I do about KubePodCrashLooping?",
        "what do the docs say about the newest deployment?",
    ],
)
def test_every_sentence_shown_stands_in_a_document_and_cites_it(text: str) -> None:
    answer = ask(text)

    assert answer.status == "complete"
    for block in answer.blocks:
        assert isinstance(block, TextBlock)
        for line in block.lines:
            sentence, _, number = line.rpartition(" [")
            assert sentence in TEXTS
            assert answer.evidence[int(number.rstrip("]")) - 1].records[1].startswith("passage ")


def test_what_nothing_supports_is_said_to_be_found_nowhere() -> None:
    answer = ask("what do I do about the coffee machine?")

    assert answer.status == "complete"
    assert answer.summary.startswith("Not found in the documents: none of 7 passages")
    assert answer.blocks == ()
    assert answer.confidence <= 0.7
    assert answer.evidence[0].tool == "knowledge.answer"


def test_the_runbook_of_the_database_behind_is_shown_beside() -> None:
    lines = lines_of("the database behind checkout is slow, what do I do?")

    assert any("Kill the longest running query." in line for line in lines)


def test_a_review_names_the_runbooks_of_what_fired_and_of_items_and_no_other() -> None:
    answer = ask("why is checkout-api slow?")

    (block,) = [one for one in answer.blocks if one.title == "Runbooks"]
    assert isinstance(block, TextBlock)
    assert [line.split(" (")[0] for line in block.lines] == [
        "High latency", "Checkout", "Orders database",
    ]  # fmt: skip
    assert all(line.endswith("]") for line in block.lines)


def test_without_documents_a_review_is_as_before_and_a_refusal_says_what_to_do() -> None:
    review = ask("why is checkout-api slow?", documented=False)
    asked = ask("runbook for high latency", documented=False)
    other = ask("asdf qwer zxcv", documented=False)

    assert "Runbooks" not in [one.title for one in review.blocks]
    assert (review.status, review.gaps) == ("complete", ())
    assert (asked.status, asked.code) == ("failed", "question.no_documents")
    assert other.code == "question.out_of_field"


def test_a_name_that_only_a_document_has_is_answered_from_it() -> None:
    answer = ask("what is KubePodCrashLooping?")

    assert answer.status == "complete"
    assert any(
        "degraded or unavailable" in line for line in lines_of("what is KubePodCrashLooping?")
    )


def test_an_empty_estate_with_documents_answers_from_them() -> None:
    answer = ask("what do I do about KubePodCrashLooping?", filled=False)

    assert answer.status == "complete"
