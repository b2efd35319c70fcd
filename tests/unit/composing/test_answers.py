"""What an answer says is backed by what it cites; what is missing is said; what it offers works."""

from __future__ import annotations

import re

import pytest
from phrasings import PHRASINGS
from question_world import ask, ask_rounds, question

from headwater.composing.compose import compose
from headwater.model.block import TableBlock, TextBlock
from headwater.model.outcome import Late, Succeeded
from headwater.reading.read import read

REFUSED = {"question.out_of_field", "question.unknown_name", "question.unknown_metric"}


def cited(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\[(\d+)\]", text)]


@pytest.mark.parametrize("text", [text for text, _ in PHRASINGS[::4]])
def test_every_citation_leads_to_evidence_and_every_evidence_names_its_step(text: str) -> None:
    answer = ask(text)

    numbers = cited(answer.summary)
    for block in answer.blocks:
        assert block.cites, block.title
        numbers.extend(block.cites)
    assert set(numbers) <= set(range(1, len(answer.evidence) + 1))
    assert len(set(numbers)) == len(answer.evidence), "evidence that nothing cites"
    assert all(one.step and one.tool for one in answer.evidence)
    assert answer.confidence == pytest.approx(1 - sum(one.amount for one in answer.deductions))
    if answer.status == "complete":
        assert cited(answer.summary), answer.summary


@pytest.mark.parametrize("text", [text for text, _ in PHRASINGS[1::5]])
def test_every_next_question_is_understood(text: str) -> None:
    for following in ask(text).next:
        assert ask(following).code not in REFUSED, following


def test_counts_are_whole_numbers_that_add_up() -> None:
    answer = ask("how many devices per site?")

    (table,) = answer.blocks
    assert isinstance(table, TableBlock)
    assert table.columns == ("site", "count")
    assert all(isinstance(row[1], int) for row in table.rows)
    assert sum(int(row[1] or 0) for row in table.rows) == 26
    assert answer.summary.startswith("26 devices over 13 sites")


def test_an_ambiguous_name_gives_candidates_and_questions_that_name_a_code() -> None:
    answer = ask("show the switches in rack Comms closet")

    assert (answer.status, answer.code) == ("partial", "question.ambiguous")
    (table,) = answer.blocks
    assert isinstance(table, TableBlock)
    assert (len(table.rows), table.total) == (13, 13)
    assert answer.next[0] == "show the switches in rack-1"
    assert ask(answer.next[0]).status == "complete"
    assert answer.confidence == 0.5


def test_a_place_tells_which_of_thirteen_is_meant() -> None:
    answer = ask('show the switches in rack "Comms closet" at DM-Akron')

    (table,) = answer.blocks
    assert isinstance(table, TableBlock)
    assert [row[0] for row in table.rows] == ["akron-sw01"]


def test_a_question_outside_the_field_is_refused_in_one_sentence() -> None:
    for text in ("what is the weather?", "write me a poem"):
        answer = ask(text)
        assert (answer.status, answer.code) == ("failed", "question.out_of_field")
        assert answer.summary.count(".") == 1
        assert (answer.blocks, answer.evidence, answer.confidence) == ((), (), 0.0)


def test_an_empty_estate_says_so_and_names_load_and_scan() -> None:
    answer = ask("how many devices per site?", filled=False)

    assert (answer.status, answer.code) == ("failed", "question.empty_estate")
    assert "headwater load" in answer.summary
    assert "headwater scan" in answer.summary


def test_a_missing_step_makes_the_answer_partial_with_its_gap_and_deduction() -> None:
    answer = ask("why is checkout-api slow?", without=("own_1", "rule_1"))

    assert answer.status == "partial"
    assert {(gap.step, gap.tool) for gap in answer.gaps} == {
        ("own_1", "metric.series_table"),
        ("rule_1", "cep.simulate"),
    }
    reasons = {one.reason: one.amount for one in answer.deductions}
    assert reasons["own_1: metric.series_table skipped"] == 0.25
    assert reasons["rule_1: cep.simulate skipped (it was optional)"] == 0.05


def test_a_late_main_step_says_what_is_missing_and_asserts_nothing() -> None:
    text = "what breaks if orders-db fails?"
    reading, steps, known, _ = ask_rounds(text)
    known["impact"] = Late(message="no answer in the 0.1 s left")
    answer = compose(question(text), reading, steps, known, run_id="r", elapsed_s=1)

    assert answer.status == "partial"
    assert answer.blocks == ()
    assert "late" in answer.summary
    assert answer.gaps[0].reason == "no answer in the 0.1 s left"


def test_nothing_at_all_is_a_failed_answer_without_confidence() -> None:
    text = "what is host-1?"
    lost = {"resolve": Late(message="no answer in time")}
    reading = read(question(text), {})
    answer = compose(
        question(text), read(question(text), lost), reading.steps, lost, run_id="r", elapsed_s=1
    )

    assert (answer.status, answer.confidence) == ("failed", 0.0)


def test_an_answer_by_fallback_stays_complete_and_says_so() -> None:
    text = "find orders databases"
    reading, steps, known, _ = ask_rounds(text)
    found = known["search"]
    assert isinstance(found, Succeeded)
    known["search"] = Succeeded(
        value=found.value, evidence=found.evidence, via="fallback", via_tool="ci.search_like"
    )
    answer = compose(question(text), reading, steps, known, run_id="r", elapsed_s=1)

    assert (answer.status, answer.confidence) == ("complete", 0.95)
    assert "ci.search_like" in answer.deductions[0].reason


def test_a_review_names_symptom_onset_and_the_change_that_came_before() -> None:
    answer = ask("why is checkout-api slow?")

    assert answer.status == "complete"
    assert "latency_ms" in answer.summary
    assert "since 14:00" in answer.summary
    assert "orders-db 2026.11.21-3" in answer.summary
    findings = answer.blocks[0]
    assert findings.kind == "text"
    assert any("Rule high-latency fires" in line for line in findings.lines)
    assert all(cited(line) for line in findings.lines)
    assert "the cause is inferred" in answer.deductions[0].reason


def test_the_weightiest_finding_of_a_review_comes_first() -> None:
    findings = ask("what is wrong with orders-db?").blocks[0]

    assert isinstance(findings, TextBlock)
    assert [line.split()[0] for line in findings.lines] == ["Plausible", "cpu_utilization", "3"]


def test_a_review_of_something_healthy_says_that_it_looks_as_usual() -> None:
    answer = ask("how is payments-api?")

    assert "looks as usual" in answer.summary
    assert "cause" not in answer.summary


def test_a_review_without_samples_does_not_claim_health() -> None:
    answer = ask("how is search-api?")

    assert "no metric samples" in answer.summary
    assert answer.confidence <= 0.7


def test_a_metric_without_samples_is_no_data_and_not_zero() -> None:
    answer = ask("average memory of host-1 today")

    assert "no samples" in answer.summary
    assert answer.blocks[0].kind == "number"
    assert answer.blocks[0].value is None
    assert answer.confidence < 1


ONE_OF_EACH = (
    "what is host-1?", "find orders databases", "list all devices in site DM-Akron",
    "how many devices per site?", "p95 latency of checkout-api in the last 2 hours",
    "plot cpu of host-1 last 24h", "latency by service", "what runs on host-1?",
    "what breaks if orders-db fails?", "how does checkout-web reach payments-db?",
    "recent deployments", "would high-latency have fired today?", "why is checkout-api slow?",
    "what is Comms closet?",
)  # fmt: skip


@pytest.mark.parametrize("text", ONE_OF_EACH)
def test_whichever_step_is_missing_an_answer_comes_and_names_it(text: str) -> None:
    _, steps, known, _ = ask_rounds(text)
    for lost in steps:
        left = {**known, lost.id: Late(message="no answer in time")}
        reading = read(question(text), left)
        answer = compose(question(text), reading, steps, left, run_id="r", elapsed_s=1)

        assert answer.summary
        if reading.refusal is None:
            assert lost.id in {gap.step for gap in answer.gaps}
            assert answer.status != "complete" or not lost.required
            assert answer.confidence < 1
