"""Who is told of something that was done is decided from what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from headwater.composing.notices import READS, Known, notices_of
from headwater.model.activity import Activity
from headwater.model.project import Project
from headwater.model.session import Session
from headwater.model.team import Invitation, Member, TeamView
from headwater.model.webhook import Webhook
from headwater.model.work_item import WorkItem

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
TEAM = TeamView(
    id=3, name="ops", created_at=AT, version=1,
    members=(
        Member(person="ann", role="leader", email="ann@example.org", since=AT),
        Member(person="bob@example.org", role="member", since=AT),
        Member(person="cid", role="member", since=AT),
    ),
)  # fmt: skip
PROJECT = Project(
    id=5, team=3, name="Checkout", status="active", progress=0.0, created_at=AT, updated_at=AT,
    version=1,
)  # fmt: skip
ITEM = WorkItem(
    id=9, project=5, kind="todo", title="mend it", status="new", priority=1,
    assignee="bob@example.org", due=date(2026, 12, 1), progress=0.0, children=0,
    created_at=AT, updated_at=AT, version=2,
)  # fmt: skip
SESSION = Session(
    id=4, project=5, goal="why", started_by="ann", participants=("cid", "bob@example.org"),
    started_at=AT, ended_at=AT, summary="it was the pool", version=2,
)  # fmt: skip
INVITATION = Invitation(
    id=8, team=3, code="c0de", role="member", email="new@example.org", uses=1, used=0,
    expires_at=AT + timedelta(days=7),
)  # fmt: skip
KNOWN = Known(team=TEAM, project=PROJECT, item=ITEM, session=SESSION, invitation=INVITATION)


def done(kind: str, ref: int | str = 9, *, by: str = "ann", **more: Any) -> Activity:
    return Activity(
        id=77, tenant="acme", team=3, project=5, seq=2, at=AT, actor=by, kind=kind,
        object_type="any", object_id=ref, **more,
    )  # fmt: skip


def told(activity: Activity, known: Known = KNOWN) -> list[tuple[str, str]]:
    return [(one.kind, one.to) for one in notices_of(activity, known, mails=True)]


def test_the_invited_is_sent_the_code() -> None:
    (one,) = notices_of(done("invitation.made", 8), KNOWN, mails=True)
    assert (one.kind, one.to, one.facts["code"]) == ("invitation", "new@example.org", "c0de")


@pytest.mark.parametrize("changes", [{"email": None}, {"revoked_at": AT}])
def test_nobody_is_invited_without_an_address_or_once_revoked(changes: dict[str, Any]) -> None:
    known = replace(KNOWN, invitation=replace(INVITATION, **changes))
    assert told(done("invitation.made", 8), known) == []


def test_whoever_comes_into_a_team_is_told_and_of_changes_by_others() -> None:
    assert told(done("member.joined", "ann")) == [("added", "ann@example.org")]
    assert told(done("member.changed", "bob@example.org")) == [("added", "bob@example.org")]
    assert told(done("member.changed", "ann")) == []
    assert told(done("member.joined", "cid")) == []  # no address of theirs is known
    assert told(done("member.joined", "stranger@example.org")) == []


def test_the_assignee_is_told_but_not_of_what_they_took_themselves() -> None:
    to_bob = {"assignee": [None, "bob@example.org"]}
    assert told(done("item.assigned", changes=to_bob)) == [("assigned", "bob@example.org")]
    assert told(done("item.assigned", by="bob@example.org", changes=to_bob)) == []
    assert told(done("item.assigned", changes={"assignee": ["ann", None]})) == []
    assert told(done("item.assigned", changes={"assignee": [None, "eve@else.org"]})) == []


def test_all_who_were_in_a_session_get_its_summary_once() -> None:
    assert told(done("session.ended", 4)) == [
        ("summary", "ann@example.org"), ("summary", "bob@example.org"),
    ]  # fmt: skip


def test_an_alert_goes_to_the_whole_team_first_of_all() -> None:
    notices = notices_of(done("alert", title="db is down"), KNOWN, mails=True)
    assert [one.to for one in notices] == ["ann@example.org", "bob@example.org"]
    assert {one.priority for one in notices} == {1}


def test_an_alert_is_told_with_what_it_is_on_and_when_it_was_raised() -> None:
    raised = (AT - timedelta(hours=2)).isoformat()
    changes = {"severity": [None, "high"], "item": [None, "db"], "at": [None, raised]}
    one, _ = notices_of(done("alert", title="db is down", changes=changes), KNOWN, mails=True)
    assert one.facts["details"] == "item: db\nseverity: high"
    assert "07:00" in one.facts["at"]


@pytest.mark.parametrize("kind", sorted(READS))
def test_what_is_gone_makes_no_letter_and_no_defect(kind: str) -> None:
    notices_of(done(kind, 9), Known(team=TEAM), mails=True)


@pytest.mark.parametrize("kind", ["item.updated", "project.created", "", "alert.x", "webhook"])
def test_of_anything_else_nobody_is_written_to(kind: str) -> None:
    assert told(done(kind)) == []


def hook(number: int, kinds: tuple[str, ...] = (), project: int | None = None) -> Webhook:
    return Webhook(
        id=number, team=3, url="https://h.example.com/", kinds=kinds, project=project,
        created_by="ann", created_at=AT,
    )  # fmt: skip


def test_webhooks_are_told_of_what_they_want() -> None:
    hooks = (
        hook(1), hook(2, ("item",)), hook(3, ("item.updated", "x")), hook(4, ("item.created",)),
        hook(5, project=5), hook(6, project=6), hook(7, ("ite",)),
    )  # fmt: skip
    known = replace(KNOWN, webhooks=hooks)
    for mails in (True, False):
        notices = notices_of(done("item.updated", title="t"), known, mails=mails)
        assert [one.to for one in notices] == ["1", "2", "3", "5"]
        facts = notices[0].facts
        assert (facts["kind"], facts["title"], facts["at"]) == (
            "item.updated",
            "t",
            "2026-11-21T09:00:00Z",
        )
        assert "tenant" not in facts


def test_the_same_activity_makes_the_same_keys_and_another_others() -> None:
    known = replace(KNOWN, webhooks=(hook(1),))
    first = notices_of(done("session.ended", 4), known, mails=True)
    assert [one.key for one in notices_of(done("session.ended", 4), known, mails=True)] == [
        one.key for one in first
    ]
    later = replace(done("session.ended", 4), at=AT + timedelta(microseconds=1))
    other = [one.key for one in notices_of(later, known, mails=True)]
    assert len({*other, *(one.key for one in first)}) == 2 * len(first)
    ids = {one.id_in("acme") for one in first} | {one.id_in("acm") for one in first}
    assert len(ids) == 2 * len(first)
