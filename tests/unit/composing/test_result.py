"""A plan given by hand comes back as blocks, evidence, gaps and an honest status."""

from __future__ import annotations

from typing import Any

import pytest
from question_world import NOW, ask_rounds

from headwater.composing.result import summarise
from headwater.model.answer import RunResult
from headwater.model.outcome import ElementFailure, Failed, Late, Outcome, Skipped, Succeeded
from headwater.model.plan import Step


def result(steps: list[Step], outcomes: dict[str, Outcome]) -> RunResult:
    return summarise(steps, outcomes, run_id="r", asked_at=NOW, budget_s=5, elapsed_s=0.2)


def step(name: str, **more: Any) -> Step:
    return Step(id=name, tool=f"test.{name}", **more)


GOOD = Succeeded(value=1)
BAD = Failed(code="x.y", fault="tool", message="said no")
LATE = Late(message="too late")


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ((GOOD, GOOD), "complete"),
        ((GOOD, BAD), "partial"),
        ((GOOD, LATE), "partial"),
        ((BAD, LATE), "failed"),
        ((GOOD, Skipped(because="when", message="its condition was false")), "complete"),
        ((GOOD, Skipped(because="standby", message="nobody needed it")), "complete"),
        ((GOOD, Skipped(because="a", message="a failed")), "partial"),
        ((GOOD, Succeeded(value=[1, None], failures=(
            ElementFailure(index=1, status="failed", code="x.y", message="no"),))), "partial"),
    ],
)  # fmt: skip
def test_the_status_follows_from_the_required_steps(
    outcomes: tuple[Outcome, Outcome], status: str
) -> None:
    found = result([step("a"), step("b")], dict(zip("ab", outcomes, strict=True)))

    assert found.status == status
    assert bool(found.gaps) == (status != "complete")
    assert found.confidence == pytest.approx(1 - sum(one.amount for one in found.deductions))


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        (Succeeded(value={"items": [], "truncated": True}), "a limit cut the result of test.a"),
        (Succeeded(value=1, via="fallback", via_tool="t.spare"), "t.spare stood in for test.a"),
    ],
)
def test_a_cut_and_a_fallback_leave_the_run_complete_and_cost_confidence(
    weak: Succeeded, said: str
) -> None:
    found = result([step("a")], {"a": weak})

    assert (found.status, found.gaps, found.confidence) == ("complete", (), 0.95)
    assert [one.reason for one in found.deductions] == [f"a: {said}"]


def test_an_optional_step_leaves_the_run_complete_and_is_still_listed() -> None:
    found = result([step("a"), step("b", required=False)], {"a": GOOD, "b": BAD})

    assert found.status == "complete"
    assert [gap.step for gap in found.gaps] == ["b"]
    assert found.confidence == 0.95


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("how many devices per site?", ["table", "table", "table"]),
        ("plot cpu of host-1 last 24h", ["table", "table", "number", "series"]),
        ("what breaks if orders-db fails?", ["table", "graph"]),
        ("how does checkout-web reach payments-db?", ["table", "table", "path"]),
        ("recent deployments", ["table", "timeline"]),
        ("what is host-1?", ["table", "table", "graph", "timeline"]),
        ("would high-latency have fired today?", ["table", "table"]),
    ],
)
def test_a_value_is_shown_by_its_shape(text: str, kinds: list[str]) -> None:
    _, steps, known, _ = ask_rounds(text)
    found = result(steps, known)

    assert [block.kind for block in found.blocks] == kinds
    assert [block.cites for block in found.blocks] == [
        (number,) for number in range(1, len(found.evidence) + 1)
    ]


@pytest.mark.parametrize("value", [None, True, "text", 1.5, [], [1, "a"], {"a": {"b": 1}}, [{}]])
def test_any_plain_value_is_shown_without_raising(value: Any) -> None:
    found = result([step("a")], {"a": Succeeded(value=value)})

    assert len(found.blocks) == (0 if value == [] else 1)
