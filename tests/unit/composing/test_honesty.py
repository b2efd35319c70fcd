"""A part of the outcomes never leads to a claim that the whole of them does not make."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from question_world import ask_rounds, question, world

from headwater.composing.compose import compose
from headwater.engine.references import references_in
from headwater.model.answer import Answer
from headwater.model.outcome import Failed, Late, Outcome, Skipped, Succeeded
from headwater.model.plan import Step
from headwater.reading.read import read

QUESTIONS = (
    "what is host-1?",
    "who owns checkout-api?",
    "find orders databases",
    "find orders zebras",
    "list all devices in site DM-Akron",
    "list all queues in rack rack-1",
    "show the switches in rack \"Comms closet\" at DM-Akron",
    "how many devices per site?",
    "how many services are there?",
    "p95 latency of checkout-api in the last 2 hours",
    "average memory of host-1 today",
    "plot cpu of host-1 last 24h",
    "latency by service",
    "memory by host",
    "what runs on host-1?",
    "what does checkout-api depend on?",
    "what breaks if orders-db fails?",
    "what breaks if checkout-web fails?",
    "which queues depend on orders-db?",
    "how does checkout-web reach payments-db?",
    "does host-1 depend on host-2?",
    "recent deployments",
    "recent incidents on host-1",
    "would high-latency have fired today?",
    "why is checkout-api slow?",
    "how is payments-api?",
    "how is search-api?",
    "what is Comms closet?",
    "what is no-such-thing?",
    "flux capacity of host-1",
)  # fmt: skip
ABSENCE = re.compile(
    r"\b(no|none|nothing|never|cannot|without|as usual|not (?!answered)\w+|is gone)\b",
    re.IGNORECASE,
)
OF_THE_RUN = re.compile(r"^(Not answered:|no step succeeded|.* could not be read)")
"""What is said of the run itself, which its own outcomes support."""
LOST: Mapping[str, Outcome] = {
    "late": Late(message="there is no answer within the time"),
    "failed": Failed(code="store.down", fault="store", message="no such table"),
    "skipped": Skipped(because="other", message="it needs other, which is late"),
}


def claims(answer: Answer) -> set[str]:
    """Return what an answer says there is none of, without its citations."""
    lines = [answer.summary, *(one.reason for one in answer.deductions)]
    for block in answer.blocks:
        lines.append(block.title)
        lines += block.lines if block.kind == "text" else ()
    sentences = [one for line in lines for one in re.split(r"(?<=[.;])\s", strip(line))]
    return {one for one in sentences if ABSENCE.search(one) and not OF_THE_RUN.search(one)}


def strip(text: str) -> str:
    return re.sub(r" ?(\[\d+\])+", "", text)


@functools.cache
def whole(text: str) -> tuple[tuple[Step, ...], Mapping[str, Outcome], Answer]:
    reading, steps, known, _ = ask_rounds(text)
    answer = compose(question(text), reading, steps, known, run_id="r", elapsed_s=1)
    return tuple(steps), known, answer


def ask_losing(text: str, lost: Mapping[str, Outcome]) -> tuple[Answer, list[Step]]:
    """Ask round by round as in a run in which some steps go wrong, and those that need them."""
    steps: list[Step] = []
    known: dict[str, Outcome] = {}
    _, before, _ = whole(text)
    reading = read(question(text), known)
    while reading.steps:
        for step in reading.steps:
            steps.append(step)
            known[step.id] = _outcome(step, known, lost=lost, before=before)
        reading = read(question(text), known)
    answer = compose(question(text), reading, steps, known, run_id="r", elapsed_s=1)
    return answer, steps


def _outcome(
    step: Step,
    known: Mapping[str, Outcome],
    *,
    lost: Mapping[str, Outcome],
    before: Mapping[str, Outcome],
) -> Outcome:
    if step.id in lost:
        return lost[step.id]
    needed = {one.split(".")[0] for value in step.args.values() for one in references_in(value)}
    for other in needed:
        if not isinstance(known.get(other), Succeeded):
            return Skipped(because=other, message=f"it needs {other}, which is late")
    if step.id in before:
        return before[step.id]
    outcome: Outcome = anyio.run(world().carry, step, known)
    return outcome


def check(text: str, lost: Mapping[str, Outcome]) -> None:
    """Hold an answer that lost some of its steps against the answer that has them all."""
    answer, steps = ask_losing(text, lost)
    unheard = [step for step in steps if step.id in lost]

    told = claims(answer) - claims(whole(text)[2])
    assert not told, f"{told} is claimed although {sorted(lost)} are missing"
    if not unheard:
        return
    assert answer.summary
    if answer.code is not None and answer.code != "question.ambiguous":
        return
    assert {step.id for step in unheard} <= {gap.step for gap in answer.gaps}
    assert answer.confidence < 1
    if any(step.required for step in unheard):
        assert answer.status != "complete"


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("text", QUESTIONS)
def test_an_answer_without_any_one_step_claims_no_more_than_with_it(text: str, kind: str) -> None:
    for step in whole(text)[0]:
        check(text, {step.id: LOST[kind]})


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("text", QUESTIONS)
def test_an_answer_without_all_steps_of_a_round_claims_nothing(text: str, kind: str) -> None:
    steps = whole(text)[0]
    names = {step.id for step in steps if step.id.startswith("resolve")}

    check(text, {step.id: LOST[kind] for step in steps})
    check(text, {step.id: LOST[kind] for step in steps if step.id not in names})
    metrics = {step.id for step in steps if step.tool.startswith("metric.")}
    check(text, dict.fromkeys(metrics, LOST[kind]))


@pytest.mark.parametrize("text", QUESTIONS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_whatever_is_missing_an_answer_claims_no_more_than_the_whole(
    text: str, data: st.DataObject
) -> None:
    ids = sorted({step.id for step in whole(text)[0]})
    kinds = st.sampled_from(sorted(LOST))
    lost = data.draw(st.dictionaries(st.sampled_from(ids), kinds))
    check(text, {step: LOST[kind] for step, kind in lost.items()})


MAIN = {
    "find orders zebras": "search",
    "list all queues in rack rack-1": "list",
    "average memory of host-1 today": "value",
    "memory by host": "rank",
    "what breaks if checkout-web fails?": "impact",
    "which queues depend on orders-db?": "impact",
    "does host-1 depend on host-2?": "path",
    "recent incidents on host-1": "changes",
    "how is search-api?": "own_1",
    "what is no-such-thing?": "resolve",
    "flux capacity of host-1": "resolve",
}
"""Questions to which the answer is that there is none, with the step that says so."""


@pytest.mark.parametrize(("text", "main"), MAIN.items())
def test_that_there_is_none_is_said_only_by_the_step_that_looked(text: str, main: str) -> None:
    _, _, full = whole(text)
    assert claims(full), full.summary
    assert full.code or re.search(r"\[\d+\]", full.summary)

    lost = {main: LOST["late"]}
    if main == "value":
        lost["series"] = LOST["late"]
    answer, _ = ask_losing(text, lost)
    assert not ABSENCE.search(strip(answer.summary)) or OF_THE_RUN.search(answer.summary)


def test_a_review_whose_metrics_are_late_says_so_and_does_not_say_that_there_are_none() -> None:
    steps = whole("why is checkout-api slow?")[0]
    lost = {step.id: LOST["late"] for step in steps if step.tool.startswith("metric.")}
    answer, _ = ask_losing("why is checkout-api slow?", lost)

    assert answer.status == "partial"
    assert "could not be read" in answer.summary
    assert "no metric samples" not in answer.summary


def test_a_name_that_was_not_looked_up_is_not_called_unknown() -> None:
    text = "how does checkout-web reach payments-db?"
    answer, _ = ask_losing(text, {"resolve_target": LOST["late"]})

    assert answer.code is None
    assert answer.summary.startswith("Not answered: resolve_target late")


def test_groups_by_a_stand_in_are_called_by_its_name_where_the_likelier_is_unknown() -> None:
    answer, _ = ask_losing("how many devices per site?", {"count": LOST["late"]})

    (table,) = answer.blocks
    assert table.kind == "table"
    assert table.columns == ("location", "count")
    assert answer.status == "partial"
