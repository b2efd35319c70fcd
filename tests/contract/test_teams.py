"""Teams, members and invitations behave alike behind every adapter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from contract.estates import Ports
from contract.work import (
    ADMIN,
    ANN,
    BOB,
    EVE,
    HOSTILE_REFS,
    STRANGER,
    a_project,
    a_team,
    an_invitation,
    refused,
)
from headwater.model.principal import Principal

PAST = datetime(2020, 1, 1, tzinfo=UTC)


async def test_who_makes_a_team_leads_it(estate: Ports) -> None:
    written = await estate.teams.create("Core", description="we pay", principal=ANN)
    team = written.value
    assert (team.name, team.description) == ("Core", "we pay")
    assert [(one.person, one.role) for one in team.members] == [("ann", "leader")]
    assert [one.kind for one in written.activities] == ["team.created", "member.joined"]
    assert {(one.actor, one.seq, one.project) for one in written.activities} == {("ann", 0, None)}
    assert await estate.teams.find(team.id, principal=ANN) == team


async def test_a_team_exists_for_its_members_and_admins_alone(estate: Ports) -> None:
    team = await a_team(estate, BOB)
    for who in (ANN, BOB, ADMIN):
        assert (await estate.teams.find(team.id, principal=who)).id == team.id
        assert (await estate.teams.page(limit=9, cursor=None, principal=who)).total == 1
    for who in (EVE, STRANGER):
        with refused("work.unknown"):
            await estate.teams.find(team.id, principal=who)
        page = await estate.teams.page(limit=9, cursor=None, principal=who)
        assert (page.teams, page.total, page.next_cursor) == ([], 0, None)


async def test_what_is_not_seen_is_refused_as_what_never_was(estate: Ports) -> None:
    team = await a_team(estate)
    words = set()
    for ref in (team.id, 10**6):
        with refused("work.unknown") as caught:
            await estate.teams.find(ref, principal=EVE)
        words.add(caught.value.message.replace(str(ref), "N"))
    assert len(words) == 1


async def test_ids_of_nothing_are_unknown(estate: Ports) -> None:
    for ref in HOSTILE_REFS:
        for call in (
            estate.teams.find(ref, principal=ADMIN),
            estate.teams.update(ref, version=1, changes={"name": "x"}, principal=ADMIN),
            estate.teams.delete(ref, version=1, principal=ADMIN),
            estate.teams.invitations(ref, principal=ADMIN),
            estate.teams.revoke(ref, principal=ADMIN),
            estate.teams.set_member(ref, "x", role="member", principal=ADMIN),
        ):
            with refused("work.unknown"):
                await call


async def test_a_leader_changes_a_team_and_a_member_may_not(estate: Ports) -> None:
    team = await a_team(estate, BOB)
    with refused("work.not_allowed", match="leader"):
        await estate.teams.update(
            team.id, version=team.version, changes={"name": "x"}, principal=BOB
        )
    written = await estate.teams.update(
        team.id, version=team.version, changes={"name": "New"}, principal=ANN
    )
    assert (written.value.name, written.value.version) == ("New", team.version + 1)
    assert written.activities[0].changes == {"name": ["Core", "New"]}


async def test_a_change_to_a_version_that_is_gone_is_refused_with_what_is_there(
    estate: Ports,
) -> None:
    team = await a_team(estate)
    changes: Any = {"name": "x"}
    for version in (team.version - 1, team.version + 1, -1, 2**63):
        with refused("work.conflict") as caught:
            await estate.teams.update(team.id, version=version, changes=changes, principal=ANN)
        assert caught.value.facts is not None
        assert caught.value.facts["current"]["version"] == team.version
        with refused("work.conflict"):
            await estate.teams.delete(team.id, version=version, principal=ANN)
    assert await estate.teams.find(team.id, principal=ANN) == team


async def test_a_team_with_projects_is_not_deleted(estate: Ports) -> None:
    project = await a_project(estate)
    team = await estate.teams.find(project.team, principal=ANN)
    with refused("work.not_empty"):
        await estate.teams.delete(team.id, version=team.version, principal=ANN)
    await estate.projects.delete(project.id, version=1, principal=ANN)
    gone = await estate.teams.delete(team.id, version=team.version, principal=ANN)
    assert [one.kind for one in gone.activities] == ["team.deleted"]
    for who in (ANN, ADMIN):
        with refused("work.unknown"):
            await estate.teams.find(team.id, principal=who)


async def test_of_n_uses_n_succeed_and_no_more(estate: Ports) -> None:
    team = await a_team(estate)
    made = (await estate.teams.invite(an_invitation(team.id, uses=2), principal=ANN)).value
    for name in ("p1", "p2", "p1"):
        await estate.teams.join("c0de", principal=Principal("mine", name, ("reader",)))
    with refused("work.bad_invitation", match="as often as it may"):
        await estate.teams.join("c0de", principal=Principal("mine", "p3", ("reader",)))
    [held] = await estate.teams.invitations(team.id, principal=ANN)
    assert (held.id, held.used, held.uses) == (made.id, 2, 2)
    view = await estate.teams.find(team.id, principal=ANN)
    assert [one.person for one in view.members] == ["ann", "p1", "p2"]


async def test_an_invitation_for_leaders_raises_a_member(estate: Ports) -> None:
    team = await a_team(estate, BOB)
    draft = an_invitation(team.id, role="leader", email="bob@example.org")
    await estate.teams.invite(draft, principal=ANN)
    written = await estate.teams.join("c0de", principal=BOB)
    assert [(one.person, one.role) for one in written.value.members] == [
        ("ann", "leader"),
        ("bob", "leader"),
    ]
    assert [one.kind for one in written.activities] == ["member.changed"]


async def test_codes_that_do_not_hold_let_nobody_in(estate: Ports) -> None:
    team = await a_team(estate)
    made = (await estate.teams.invite(an_invitation(team.id, "one"), principal=ANN)).value
    soon = datetime.now(UTC) + timedelta(milliseconds=300)
    await estate.teams.invite(an_invitation(team.id, "two", expires_at=soon), principal=ANN)
    await estate.teams.revoke(made.id, principal=ANN)
    again = await estate.teams.revoke(made.id, principal=ANN)
    assert again.activities == ()
    while datetime.now(UTC) <= soon:
        await estate.teams.find(team.id, principal=ANN)
    for code in ("one", "two", "three", "", "\x00", "\ud800", "x" * 10_000, "ONE"):
        with refused("work.bad_invitation"):
            await estate.teams.join(code, principal=EVE)
    with refused("work.bad_invitation"):
        await estate.teams.join("one", principal=STRANGER)
    assert (await estate.teams.page(limit=9, cursor=None, principal=EVE)).total == 0


async def test_only_leaders_are_shown_codes_and_no_activity_tells_one(estate: Ports) -> None:
    team = await a_team(estate, BOB)
    written = await estate.teams.invite(an_invitation(team.id, "s3cret"), principal=ANN)
    assert "s3cret" not in repr(written.activities)
    for call in (
        estate.teams.invitations(team.id, principal=BOB),
        estate.teams.invite(an_invitation(team.id, "x"), principal=BOB),
        estate.teams.revoke(written.value.id, principal=BOB),
    ):
        with refused("work.not_allowed"):
            await call
    with refused("work.unknown"):
        await estate.teams.revoke(written.value.id, principal=EVE)
    [shown] = await estate.teams.invitations(team.id, principal=ADMIN)
    assert shown == written.value


async def test_a_team_keeps_a_leader(estate: Ports) -> None:
    team = await a_team(estate, BOB)
    for call in (
        estate.teams.remove_member(team.id, "ann", principal=ANN),
        estate.teams.set_member(team.id, "ann", role="member", principal=ADMIN),
    ):
        with refused("work.last_leader"):
            await call
    await estate.teams.set_member(team.id, "bob", role="leader", principal=ANN)
    left = await estate.teams.remove_member(team.id, "ann", principal=ANN)
    assert [one.person for one in left.value.members] == ["bob"]
    with refused("work.unknown"):
        await estate.teams.find(team.id, principal=ANN)


async def test_a_member_may_leave_but_remove_nobody(estate: Ports) -> None:
    team = await a_team(estate, BOB, EVE)
    with refused("work.not_allowed"):
        await estate.teams.remove_member(team.id, "eve", principal=BOB)
    left = await estate.teams.remove_member(team.id, "bob", principal=BOB)
    assert [one.kind for one in left.activities] == ["member.removed"]
    with refused("work.unknown"):
        await estate.teams.find(team.id, principal=BOB)
    with refused("work.unknown"):
        await estate.teams.remove_member(team.id, "nobody", principal=ANN)


async def test_a_change_of_members_raises_the_teams_version_and_that_of_all_work(
    estate: Ports,
) -> None:
    team = await a_team(estate)
    before = (await estate.versions.current(principal=ANN))["work"]
    written = await estate.teams.set_member(team.id, "zoe", role="member", principal=ANN)
    assert written.value.version == team.version + 1
    after = await estate.versions.current(principal=ANN)
    assert after["work"] > before
    assert after["teams"] == after["workitems"] == after["work"] + after["inventory"]


async def test_names_that_cannot_be_kept_are_refused(estate: Ports) -> None:
    team = await a_team(estate)
    for name in ("", " ", "\x00", "\ud800", "x" * 501):
        nobody = Principal("mine", name, ())
        for call in (
            estate.teams.create(name, description=None, principal=ANN),
            estate.teams.set_member(team.id, name, role="member", principal=ANN),
            estate.teams.create("ok", description=None, principal=nobody),
        ):
            with refused("work.bad"):
                await call
        assert (await estate.teams.page(limit=9, cursor=None, principal=nobody)).total == 0


BAD_INVITATIONS: list[dict[str, Any]] = [
    {"uses": 0}, {"uses": 10**6}, {"role": "king"}, {"email": "no"}, {"expires_at": PAST},
]  # fmt: skip


async def test_bad_invitations_are_refused(estate: Ports) -> None:
    team = await a_team(estate)
    for fields in BAD_INVITATIONS:
        with refused("work.bad"):
            await estate.teams.invite(an_invitation(team.id, **fields), principal=ANN)
    assert await estate.teams.invitations(team.id, principal=ANN) == []


async def test_pages_of_teams_neither_overlap_nor_skip(estate: Ports) -> None:
    made = [(await a_team(estate)).id for _ in range(5)]
    found: list[int] = []
    cursor = None
    for _ in range(3):
        page = await estate.teams.page(limit=2, cursor=cursor, principal=ANN)
        assert page.total == 5
        found += [one.id for one in page.teams]
        cursor = page.next_cursor
    assert (found, cursor) == (made[::-1], None)
    with refused("query.bad_cursor"):
        await estate.teams.page(limit=2, cursor="x", principal=ANN)
