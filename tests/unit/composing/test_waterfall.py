"""Events of a run become bars that say what ran beside what and how it went."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.composing.waterfall import Waterfall, waterfall
from headwater.model.event import Event

KINDS = [
    "run.started",
    "run.planned",
    "step.started",
    "attempt.failed",
    "cache.hit",
    "flight.joined",
    "fallback.used",
    "step.ended",
    "model.asked",
    "model.text",
    "model.answered",
    "run.finishing",
    "run.answered",
    "of.the.future",
]


def event(kind: str, at_s: float, step: str | None = None, /, **data: Any) -> Event:
    return Event(
        run_id="r", seq=0, offset_s=at_s, kind=kind, where="engine.run", step=step, data=data
    )


def planned(*steps: tuple[str, str]) -> Event:
    rows = [{"id": name, "tool": tool} for name, tool in steps]
    return event("run.planned", 0.0, round=1, intent=None, steps=rows)


def ended(at_s: float, step: str, **outcome: Any) -> Event:
    return event("step.ended", at_s, step, outcome=outcome)


def one_bar(*events: Event) -> Any:
    picture = waterfall([planned(("a", "ci.get")), event("step.started", 0.1, "a"), *events])
    assert len(picture.bars) == 1
    return picture.bars[0]


def test_a_planned_step_waits_until_it_starts() -> None:
    picture = waterfall([planned(("a", "ci.get"), ("b", "graph.expand"))])
    assert [(bar.step, bar.tool, bar.state) for bar in picture.bars] == [
        ("a", "ci.get", "waiting"),
        ("b", "graph.expand", "waiting"),
    ]
    assert picture.ended == 0


def test_what_a_model_writes_is_shown_while_it_does_and_no_longer() -> None:
    events = [
        planned(("a", "knowledge.answer")),
        event("model.asked", 0.1, "a", model="one"),
        event("model.text", 0.2, "a", model="one", text="x" * 300),
        event("model.text", 0.3, "a", model="one", text=" the end"),
    ]
    shown = waterfall(events).writing
    assert shown.endswith("xx the end")
    assert len(shown) == 200
    for last in ("model.answered", "model.failed", "run.answered"):
        assert waterfall([*events, event(last, 0.4, "a")]).writing == ""


def test_bars_keep_the_order_of_the_plan_whoever_starts_first() -> None:
    picture = waterfall(
        [
            planned(("a", "ci.get"), ("b", "ci.get")),
            event("step.started", 0.1, "b", tool="ci.get"),
            event("step.started", 0.2, "a", tool="ci.get"),
        ]
    )
    assert [bar.step for bar in picture.bars] == ["a", "b"]
    assert all(bar.state == "running" for bar in picture.bars)


def test_a_success_has_its_start_and_end() -> None:
    bar = one_bar(ended(0.5, "a", status="succeeded", attempts=1, via="direct"))
    assert (bar.state, bar.start_s, bar.end_s, bar.note) == ("succeeded", 0.1, 0.5, "")
    assert bar.elapsed_s == 0.4


def test_a_value_from_the_cache_says_so() -> None:
    bar = one_bar(
        event("cache.hit", 0.1, "a"), ended(0.1, "a", status="succeeded", attempts=0, via="cache")
    )
    assert (bar.state, bar.note) == ("cached", "cache")


def test_a_fallback_names_the_tool_that_answered() -> None:
    bar = one_bar(
        event("fallback.used", 0.2, "a", tool="ci.like", instead_of="ci.get", because="x"),
        ended(0.3, "a", status="succeeded", attempts=1, via="fallback", via_tool="ci.like"),
    )
    assert (bar.state, bar.note) == ("fallback", "by ci.like")


def test_retries_are_shown_while_they_go_on_and_counted_at_the_end() -> None:
    failed = event("attempt.failed", 0.2, "a", attempt=1, of=3, code="x", retry_in_s=0.05)
    assert one_bar(failed).note == "try 2 of 3"
    assert one_bar(failed).state == "running"
    after = one_bar(failed, ended(0.4, "a", status="succeeded", attempts=2, via="direct"))
    assert (after.state, after.note) == ("retried", "2 tries")


def test_a_failure_tells_its_tries_or_its_code() -> None:
    assert one_bar(ended(0.4, "a", status="failed", attempts=3, code="x.y")).note == "3 tries"
    assert one_bar(ended(0.4, "a", status="failed", attempts=1, code="x.y")).note == "x.y"


def test_a_skipped_step_names_what_it_waited_for() -> None:
    picture = waterfall(
        [planned(("a", "t.a"), ("b", "t.b")), ended(0.3, "b", status="skipped", because="a")]
    )
    assert (picture.bars[1].state, picture.bars[1].note) == ("skipped", "after a")
    picture = waterfall([planned(("b", "t.b")), ended(0.3, "b", status="skipped", because="when")])
    assert picture.bars[0].note == "not needed"


def test_what_still_runs_at_the_answer_was_late() -> None:
    bar = one_bar(event("run.answered", 5.0, status="partial", summary="", elapsed_s=5.0))
    assert (bar.state, bar.end_s) == ("late", 5.0)


def test_a_failed_element_of_a_repeated_step_is_told() -> None:
    failures = [{"index": 1, "status": "failed", "code": "x", "message": "y"}]
    bar = one_bar(ended(0.4, "a", status="succeeded", via="direct", failures=failures))
    assert bar.note == "1 failed inside"


def test_a_step_that_an_earlier_run_finished_is_kept() -> None:
    picture = waterfall([planned(("a", "t.a")), event("step.kept", 0.01, "a", outcome={})])
    assert (picture.bars[0].state, picture.bars[0].note) == ("cached", "kept")


def test_the_run_tells_its_question_its_budget_and_its_end() -> None:
    picture = waterfall(
        [
            event("run.started", 0.0, kind="ask", text="why?", budget_s=2.0),
            event("run.finishing", 0.5),
            event("run.answered", 0.6, status="partial", summary="s", elapsed_s=0.6),
        ]
    )
    assert (picture.text, picture.budget_s, picture.finishing) == ("why?", 2.0, True)
    assert (picture.status, picture.elapsed_s) == ("partial", 0.6)


@given(
    st.lists(
        st.builds(
            lambda kind, at_s, step, status, via: event(
                kind, at_s, step, outcome={"status": status, "via": via}, steps=[]
            ),
            st.sampled_from(KINDS),
            st.floats(0, 60),
            st.sampled_from(["a", "b", None]),
            st.sampled_from(["succeeded", "failed", "late", "skipped", None]),
            st.sampled_from(["direct", "cache", "fallback", "shared", None]),
        ),
        max_size=20,
    )
)
def test_any_events_in_any_order_give_a_picture(events: list[Event]) -> None:
    picture = waterfall(events)
    assert isinstance(picture, Waterfall)
    assert picture.ended <= len(picture.bars) <= 3
    if any(one.kind == "run.answered" for one in events[-1:]):
        assert all(bar.state not in {"running", "waiting"} for bar in picture.bars)
