"""What becomes of an issue, and that nothing done here is undone by what did not change there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis import issue_merge as merge
from headwater.model.repository import Deployment, Issue, IssueState
from headwater.model.work_item import WORK_STATUSES, WorkItem, WorkStatus

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUE = Issue(
    number=1,
    title="slow",
    body="very",
    state="open",
    assignee="ann",
    created_at=AT,
    updated_at=AT,
    url="https://host/1",
)
ITEM = WorkItem(id=5, project=1, kind="todo", title="slow", created_at=AT, updated_at=AT, version=1)
STATES: list[tuple[IssueState, str | None]] = [
    ("open", None),
    ("open", "reopened"),
    ("closed", "completed"),
    ("closed", "not_planned"),
    ("closed", None),
]


@given(st.sampled_from(WORK_STATUSES), st.sampled_from(STATES), st.text(max_size=20))
def test_what_did_not_change_there_changes_nothing_here(
    status: WorkStatus, state: tuple[IssueState, str | None], title: str
) -> None:
    issue = replace(ISSUE, state=state[0], reason=state[1])
    held = replace(ITEM, status=status, title=title)
    assert merge.changes_of(issue, merge.marks_of(issue), held) == {}


@given(st.sampled_from(WORK_STATUSES), st.sampled_from(STATES), st.sampled_from(STATES))
def test_a_state_changed_there_is_agreed_with_here(
    status: WorkStatus,
    before: tuple[IssueState, str | None],
    after: tuple[IssueState, str | None],
) -> None:
    was = replace(ISSUE, state=before[0], reason=before[1])
    now = replace(ISSUE, state=after[0], reason=after[1])
    held = replace(ITEM, status=status)
    changes = merge.changes_of(now, merge.marks_of(was), held)
    new = changes.get("status", status)
    if merge.marks_of(was)["state"] != merge.marks_of(now)["state"]:
        assert merge.state_of(new)[0] == after[0]
        assert merge.changes_of(now, merge.marks_of(was), replace(held, status=new)) == {}
    with_children = replace(held, children=2)
    assert "status" not in merge.changes_of(now, merge.marks_of(was), with_children)


def test_only_fields_that_changed_there_are_taken_over_and_cleared_ones_too() -> None:
    marks = merge.marks_of(ISSUE)
    now = replace(ISSUE, body=None, assignee=None)
    assert merge.changes_of(now, marks, ITEM) == {"description": None, "assignee": None}
    assert merge.changes_of(replace(ISSUE, title="slower"), marks, ITEM) == {"title": "slower"}


def test_what_is_older_than_known_is_told() -> None:
    marks = merge.marks_of(ISSUE)
    assert merge.is_older(replace(ISSUE, updated_at=AT - timedelta(seconds=1)), marks)
    assert not merge.is_older(ISSUE, marks)
    assert not merge.is_older(ISSUE, {})


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        ("Fixes #12", (12,)),
        ("closes: #1, resolves #2 and fix #1", (1, 2)),
        ("Fixed #3.\nprefixes #4 fixes#5 fixes other/repo#6", (3,)),
        (None, ()),
        ("fixes " * 50_000, ()),
    ],
)
def test_a_pull_request_says_what_it_closes(body: str | None, numbers: tuple[int, ...]) -> None:
    assert merge.closed_by(body) == numbers


@pytest.mark.parametrize(
    ("labels", "kind", "priority"),
    [
        ((), "todo", 2),
        (("Bug", "P0"), "incident", 0),
        (("type: feature", "priority: 3"), "feature", 3),
        (("p9", "debugging"), "todo", 2),
    ],
)
def test_labels_say_what_an_issue_is(labels: tuple[str, ...], kind: str, priority: int) -> None:
    draft = merge.issue_draft(replace(ISSUE, labels=labels), repository="a/b", parent=None)
    assert (draft.kind, draft.priority, draft.issue) == (kind, priority, "a/b#1")


@given(st.integers(1, 10**9))
def test_an_items_issue_is_told_by_its_name(number: int) -> None:
    assert merge.number_in(merge.issue_ref("a/b", number), "a/b") == number
    assert merge.number_in(merge.issue_ref("a/c", number), "a/b") is None
    assert merge.number_in(merge.milestone_ref("a/b", number), "a/b") is None


@pytest.mark.parametrize(
    ("state", "severities"),
    [("success", ["info"]), ("failure", ["high"]), ("error", ["high"]), ("in_progress", [])],
)
def test_a_deployment_is_history_when_it_came_to_something(
    state: str, severities: list[str]
) -> None:
    one = Deployment(id=1, environment="production", ref="main", sha="a", state=state, at=AT)
    made = merge.deployment_records(one, repository="a/b", codes=("web",))
    assert [record.severity for record in made] == severities
