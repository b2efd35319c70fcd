"""Which teams, members and invitations there are, in memory; it sends no invitation."""

from __future__ import annotations

from dataclasses import replace

from headwater.analysis.work_changes import changed_team
from headwater.analysis.work_records import (
    check_invitation,
    check_person,
    check_role,
    check_team,
)
from headwater.analysis.work_refusals import (
    bad_invitation,
    conflict,
    last_leader,
    not_empty,
    unknown,
    why_spent,
)
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.team import (
    TEAM_ROLES,
    Invitation,
    InvitationDraft,
    Member,
    Team,
    TeamChanges,
    TeamPage,
    TeamRole,
    TeamView,
)
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.work import StoredTeam
from headwater.stores.memory.work_writing import WorkWriting, look, newest_first, view_of, write


class MemoryTeams:
    """A tenant's teams; one that the asker is not in does not exist for them, but for admins."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def create(
        self, name: str, *, description: str | None, principal: Principal
    ) -> Written[TeamView]:
        """Make a team whose leader is the asker."""

        def work(writing: WorkWriting) -> Written[TeamView]:
            check_team({"name": name, "description": description})
            number = writing.next_id("teams")
            team = Team(
                id=number, name=name, description=description, created_at=writing.now, version=1
            )
            writing.work.teams[number] = StoredTeam(team=team, members={})
            writing.note(
                "team.created", team=number, object_type="team", object_id=number, version=1,
                title=name,
            )  # fmt: skip
            _let_in(writing, number, principal.name, role="leader")
            return _written(writing, number)

        return await write(self._estate, work, principal=principal)

    async def page(self, *, limit: int, cursor: str | None, principal: Principal) -> TeamPage:
        """Return a page of the teams that the asker is in, or of all for an admin."""
        view = await look(self._estate, principal)
        seen = {number: one.team for number, one in view.work.teams.items() if view.sees(number)}
        teams, after = newest_first(seen, limit=limit, cursor=cursor)
        return TeamPage(teams=teams, total=len(seen), next_cursor=after)

    async def find(self, team: int, *, principal: Principal) -> TeamView:
        """Return a team with its members."""
        view = await look(self._estate, principal)
        return view_of(view.team(team))

    async def update(
        self, team: int, *, version: int, changes: TeamChanges, principal: Principal
    ) -> Written[TeamView]:
        """Change a team that is still as it was at that version. A leader may."""

        def work(writing: WorkWriting) -> Written[TeamView]:
            held = writing.team(team)
            writing.check_right("update the team", team)
            view = view_of(held)
            new, differ = changed_team(view, changes)
            if view.version != version:
                raise conflict("team", team, version=version, current=view)
            if not differ:
                return Written(value=view)
            changed = replace(
                held.team, name=new.name, description=new.description, version=version + 1
            )
            writing.work.teams[team] = replace(held, team=changed)
            writing.note(
                "team.updated", team=team, object_type="team", object_id=team,
                version=version + 1, title=new.name, changes=differ,
            )  # fmt: skip
            return _written(writing, team)

        return await write(self._estate, work, principal=principal)

    async def delete(self, team: int, *, version: int, principal: Principal) -> Written[TeamView]:
        """Delete a team that has no projects any more, softly. A leader may."""

        def work(writing: WorkWriting) -> Written[TeamView]:
            held = writing.team(team)
            writing.check_right("delete the team", team)
            projects = writing.work.projects.values()
            if count := sum(one.project.team == team and not one.is_deleted for one in projects):
                raise not_empty(team, count)
            view = view_of(held)
            if view.version != version:
                raise conflict("team", team, version=version, current=view)
            writing.work.teams[team] = replace(held, is_deleted=True)
            writing.note(
                "team.deleted", team=team, object_type="team", object_id=team,
                version=version + 1, title=view.name,
            )  # fmt: skip
            return Written(value=view, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def invite(self, draft: InvitationDraft, *, principal: Principal) -> Written[Invitation]:
        """Make an invitation. A leader may."""

        def work(writing: WorkWriting) -> Written[Invitation]:
            held = writing.team(draft.team)
            writing.check_right("invite", draft.team)
            check_invitation(draft, now=writing.now)
            made = Invitation(
                id=writing.next_id("invitations"), team=draft.team, code=draft.code,
                role=draft.role, email=draft.email, uses=draft.uses, used=0,
                expires_at=draft.expires_at,
            )  # fmt: skip
            writing.work.invitations[made.id] = made
            _note_invitation(writing, "invitation.made", made, title=held.team.name)
            return Written(value=made, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def invitations(self, team: int, *, principal: Principal) -> list[Invitation]:
        """Return a team's invitations, the newest first, spent ones too. A leader may."""
        view = await look(self._estate, principal)
        view.team(team)
        view.check_right("see invitations", team)
        found = [one for one in view.work.invitations.values() if one.team == team]
        return sorted(found, key=lambda one: one.id, reverse=True)

    async def revoke(self, invitation: int, *, principal: Principal) -> Written[Invitation]:
        """Let nobody join by an invitation any more. A leader may; again changes nothing."""

        def work(writing: WorkWriting) -> Written[Invitation]:
            held = writing.work.invitations.get(invitation)
            if held is None or not writing.sees(held.team):
                raise unknown("invitation", invitation)
            writing.check_right("revoke invitations", held.team)
            if held.revoked_at is None:
                held = replace(held, revoked_at=writing.now)
                writing.work.invitations[invitation] = held
                _note_invitation(writing, "invitation.revoked", held)
            return Written(value=held, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def join(self, code: str, *, principal: Principal) -> Written[TeamView]:
        """Become a member by an invitation's code: of n uses n succeed."""

        def work(writing: WorkWriting) -> Written[TeamView]:
            return _join(writing, code)

        return await write(self._estate, work, principal=principal)

    async def set_member(
        self, team: int, person: str, *, role: TeamRole, principal: Principal
    ) -> Written[TeamView]:
        """Give somebody a role in a team, and let them in who was not. A leader may."""

        def work(writing: WorkWriting) -> Written[TeamView]:
            check_person(person)
            check_role(role)
            held = writing.team(team)
            writing.check_right("set members", team)
            if role != "leader":
                _keep_a_leader(held, person)
            _let_in(writing, team, person, role=role)
            return _written(writing, team)

        return await write(self._estate, work, principal=principal)

    async def remove_member(
        self, team: int, person: str, *, principal: Principal
    ) -> Written[TeamView]:
        """Take somebody out of a team. A leader may, and everyone for themselves."""

        def work(writing: WorkWriting) -> Written[TeamView]:
            held = writing.team(team)
            writing.check_right("see" if person == principal.name else "remove members", team)
            if person not in held.members:
                raise unknown("member", person)
            _keep_a_leader(held, person)
            left = {name: one for name, one in held.members.items() if name != person}
            _put_members(writing, team, left)
            writing.note(
                "member.removed", team=team, object_type="member", object_id=person, title=person
            )
            return _written(writing, team)

        return await write(self._estate, work, principal=principal)


def _written(writing: WorkWriting, ref: int) -> Written[TeamView]:
    return Written(value=view_of(writing.work.teams[ref]), activities=writing.record())


def _put_members(writing: WorkWriting, ref: int, members: dict[str, Member]) -> None:
    held = writing.work.teams[ref]
    team = replace(held.team, version=held.team.version + 1)
    writing.work.teams[ref] = replace(held, team=team, members=members)


def _let_in(
    writing: WorkWriting, ref: int, person: str, *, role: TeamRole, email: str | None = None
) -> None:
    """Give somebody a role in a team, whether they are in it or not."""
    members = writing.work.teams[ref].members
    held = members.get(person)
    if held is not None and held.role == role:
        return
    if held is None:
        new = Member(person=person, role=role, email=email, since=writing.now)
    else:
        new = replace(held, role=role)
    _put_members(writing, ref, {**members, person: new})
    writing.note(
        "member.joined" if held is None else "member.changed",
        team=ref,
        object_type="member",
        object_id=person,
        title=person,
        changes={"role": [None if held is None else held.role, role]},
    )


def _keep_a_leader(held: StoredTeam, person: str) -> None:
    if [name for name, one in held.members.items() if one.role == "leader"] == [person]:
        raise last_leader(person)


def _note_invitation(
    writing: WorkWriting, kind: str, value: Invitation, *, title: str = ""
) -> None:
    """Take note of an invitation, without its code: whoever reads activities may not join by it."""
    writing.note(
        kind, team=value.team, object_type="invitation", object_id=value.id, title=title,
        changes={"role": [None, value.role], "email": [None, value.email]},
    )  # fmt: skip


def _join(writing: WorkWriting, code: str) -> Written[TeamView]:
    known = (one for one in writing.work.invitations.values() if one.code == code)
    held = next(known, None)
    if held is None or writing.work.teams[held.team].is_deleted:
        raise bad_invitation("is not known here")
    person = writing.principal.name
    member = writing.work.teams[held.team].members.get(person)
    if member is not None and member.role in TEAM_ROLES[TEAM_ROLES.index(held.role) :]:
        return _written(writing, held.team)  # it uses nothing up
    spent = held.revoked_at is not None or held.expires_at <= writing.now
    if spent or held.used >= held.uses:
        raise bad_invitation(why_spent(held, now=writing.now))
    writing.work.invitations[held.id] = replace(held, used=held.used + 1)
    _let_in(writing, held.team, person, role=held.role, email=held.email)
    return _written(writing, held.team)
