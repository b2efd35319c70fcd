"""Which teams, members and invitations there are, in SQL; it sends no invitation."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from headwater.analysis.instants import from_us, to_us
from headwater.analysis.records import text_problem
from headwater.analysis.work_changes import changed_team
from headwater.analysis.work_records import (
    MAX_CODE,
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
    TeamChanges,
    TeamPage,
    TeamRole,
    TeamView,
)
from headwater.stores.sql.database import Database
from headwater.stores.sql.team_rows import (
    INVITATION,
    before_of,
    find_team,
    invitation_of,
    page_of_teams,
)
from headwater.stores.sql.work_access import OWN, SEEN_TEAM, TEAMS, asker, check_ref, check_right
from headwater.stores.sql.work_tables import invitation, project, team, team_member
from headwater.stores.sql.work_writing import WorkWriting, write_work

_AT_VERSION = (
    team.c.tenant_id == bindparam("own_tenant"),
    team.c.id == bindparam("own_id"),
    team.c.version == bindparam("at_version"),
    team.c.deleted_at.is_(None),
)
_CHANGE = (
    update(team)
    .where(*_AT_VERSION)
    .values(
        name=bindparam("name"), description=bindparam("description"), version=team.c.version + 1
    )
)
_DELETE = (
    update(team).where(*_AT_VERSION).values(deleted_at=bindparam("at"), version=team.c.version + 1)
)
_TOUCH = (
    update(team)
    .where(team.c.tenant_id == bindparam("own_tenant"), team.c.id == bindparam("own_id"))
    .values(version=team.c.version + 1)
)
_PROJECTS = select(func.count()).where(
    project.c.tenant_id == bindparam("tenant"),
    project.c.team_id == bindparam("ref"),
    project.c.deleted_at.is_(None),
)
_OF_TENANT = invitation.c.tenant_id == bindparam("tenant")
_INVITATIONS = (
    select(*INVITATION)
    .where(_OF_TENANT, invitation.c.team_id == bindparam("ref"))
    .order_by(invitation.c.id.desc())
)
_INVITATION = (
    select(*INVITATION, OWN.c.role.label("own_role"))
    .select_from(invitation.join(TEAMS, team.c.id == invitation.c.team_id))
    .where(_OF_TENANT, *SEEN_TEAM, invitation.c.id == bindparam("ref"))
)
_BY_CODE = (
    select(*INVITATION)
    .join(team, team.c.id == invitation.c.team_id)
    .where(
        _OF_TENANT,
        team.c.tenant_id == bindparam("tenant"),
        team.c.deleted_at.is_(None),
        invitation.c.code == bindparam("code"),
    )
)
_REVOKE = (
    update(invitation)
    .where(
        invitation.c.tenant_id == bindparam("own_tenant"), invitation.c.id == bindparam("own_id")
    )
    .values(revoked_at=bindparam("at"))
)
_USE = (
    update(invitation)
    .where(
        invitation.c.tenant_id == bindparam("own_tenant"),
        invitation.c.id == bindparam("own_id"),
        invitation.c.used < invitation.c.uses,
        invitation.c.revoked_at.is_(None),
        invitation.c.expires_at > bindparam("at"),
    )
    .values(used=invitation.c.used + 1)
)
_OF_MEMBER = (
    team_member.c.tenant_id == bindparam("own_tenant"),
    team_member.c.team_id == bindparam("own_id"),
    team_member.c.person == bindparam("own_person"),
)
_SET_ROLE = update(team_member).where(*_OF_MEMBER).values(role=bindparam("new_role"))
_REMOVE = delete(team_member).where(*_OF_MEMBER)


class SqlTeams:
    """A tenant's teams; one that the asker is not in does not exist for them, but for admins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, name: str, *, description: str | None, principal: Principal
    ) -> Written[TeamView]:
        """Make a team whose leader is the asker."""

        def work(connection: Connection) -> Written[TeamView]:
            check_team({"name": name, "description": description})
            writing = WorkWriting(connection, principal)
            made = writing.insert(
                team, name=name, description=description, created_at=writing.now_us, version=1
            )
            writing.note(
                "team.created", team=made, object_type="team", object_id=made, version=1, title=name
            )
            _let_in(writing, made, principal.name, role="leader")
            return _written(writing, made)

        return await write_work(self._database, work, principal=principal)

    async def page(self, *, limit: int, cursor: str | None, principal: Principal) -> TeamPage:
        """Return a page of the teams that the asker is in, or of all for an admin."""
        page = {"limit": max(limit, 0), "before": before_of(cursor)}

        def work(connection: Connection) -> TeamPage:
            return page_of_teams(connection, **page, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def find(self, team: int, *, principal: Principal) -> TeamView:
        """Return a team with its members."""

        def work(connection: Connection) -> TeamView:
            return find_team(connection, team, principal=principal)[0]

        return await self._database.read(work, tenant=principal.tenant)

    async def update(
        self, team: int, *, version: int, changes: TeamChanges, principal: Principal
    ) -> Written[TeamView]:
        """Change a team that is still as it was at that version. A leader may."""

        def work(connection: Connection) -> Written[TeamView]:
            writing, held = _held(connection, team, "update the team", principal=principal)
            new, differ = changed_team(held, changes)
            if not differ and held.version == version:
                return Written(value=held)
            values = {"name": new.name, "description": new.description}
            if not writing.change(_CHANGE, team, version=version, **values):
                raise conflict("team", team, version=version, current=held)
            writing.note(
                "team.updated", team=team, object_type="team", object_id=team,
                version=version + 1, title=new.name, changes=differ,
            )  # fmt: skip
            return _written(writing, team)

        return await write_work(self._database, work, principal=principal)

    async def delete(self, team: int, *, version: int, principal: Principal) -> Written[TeamView]:
        """Delete a team that has no projects any more, softly. A leader may."""

        def work(connection: Connection) -> Written[TeamView]:
            writing, held = _held(connection, team, "delete the team", principal=principal)
            own = {"tenant": principal.tenant, "ref": team}
            if count := connection.execute(_PROJECTS, own).scalar_one():
                raise not_empty(team, count)
            if not writing.change(_DELETE, team, version=version):
                raise conflict("team", team, version=version, current=held)
            writing.note(
                "team.deleted", team=team, object_type="team", object_id=team,
                version=version + 1, title=held.name,
            )  # fmt: skip
            return Written(value=held, activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def invite(self, draft: InvitationDraft, *, principal: Principal) -> Written[Invitation]:
        """Make an invitation. A leader may."""

        def work(connection: Connection) -> Written[Invitation]:
            writing, held = _held(connection, draft.team, "invite", principal=principal)
            check_invitation(draft, now=writing.now)
            made = writing.insert(
                invitation, team_id=draft.team, code=draft.code, role=draft.role, email=draft.email,
                uses=draft.uses, used=0, expires_at=to_us(draft.expires_at),
            )  # fmt: skip
            value = Invitation(
                id=made, team=draft.team, code=draft.code, role=draft.role, email=draft.email,
                uses=draft.uses, used=0, expires_at=from_us(to_us(draft.expires_at)),
            )  # fmt: skip
            _note_invitation(writing, "invitation.made", value, title=held.name)
            return Written(value=value, activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def invitations(self, team: int, *, principal: Principal) -> list[Invitation]:
        """Return a team's invitations, the newest first, spent ones too. A leader may."""

        def work(connection: Connection) -> list[Invitation]:
            _, role = find_team(connection, team, principal=principal)
            check_right("see invitations", role, principal)
            own = {"tenant": principal.tenant, "ref": team}
            return [invitation_of(row) for row in connection.execute(_INVITATIONS, own)]

        return await self._database.read(work, tenant=principal.tenant)

    async def revoke(self, invitation: int, *, principal: Principal) -> Written[Invitation]:
        """Let nobody join by an invitation any more. A leader may; again changes nothing."""

        def work(connection: Connection) -> Written[Invitation]:
            writing = WorkWriting(connection, principal)
            held, role = _find_invitation(connection, invitation, principal)
            check_right("revoke invitations", role, principal)
            if held.revoked_at is None:
                own = {"own_tenant": principal.tenant, "own_id": invitation, "at": writing.now_us}
                connection.execute(_REVOKE, own)
                held, _ = _find_invitation(connection, invitation, principal)
                _note_invitation(writing, "invitation.revoked", held)
            return Written(value=held, activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def join(self, code: str, *, principal: Principal) -> Written[TeamView]:
        """Become a member by an invitation's code: of n uses n succeed."""

        def work(connection: Connection) -> Written[TeamView]:
            return _join(connection, code, principal)

        return await write_work(self._database, work, principal=principal)

    async def set_member(
        self, team: int, person: str, *, role: TeamRole, principal: Principal
    ) -> Written[TeamView]:
        """Give somebody a role in a team, and let them in who was not. A leader may."""

        def work(connection: Connection) -> Written[TeamView]:
            check_person(person)
            check_role(role)
            writing, held = _held(connection, team, "set members", principal=principal)
            if role != "leader":
                _keep_a_leader(held, person)
            _let_in(writing, team, person, role=role)
            return _written(writing, team)

        return await write_work(self._database, work, principal=principal)

    async def remove_member(
        self, team: int, person: str, *, principal: Principal
    ) -> Written[TeamView]:
        """Take somebody out of a team. A leader may, and everyone for themselves."""

        def work(connection: Connection) -> Written[TeamView]:
            action = "see" if person == principal.name else "remove members"
            writing, held = _held(connection, team, action, principal=principal)
            if person not in {one.person for one in held.members}:
                raise unknown("member", person)
            _keep_a_leader(held, person)
            own = {"own_tenant": principal.tenant, "own_id": team, "own_person": person}
            connection.execute(_REMOVE, own)
            connection.execute(_TOUCH, own)
            writing.note(
                "member.removed", team=team, object_type="member", object_id=person, title=person
            )
            return _written(writing, team)

        return await write_work(self._database, work, principal=principal)


def _held(
    connection: Connection, ref: int, action: str, *, principal: Principal
) -> tuple[WorkWriting, TeamView]:
    """Begin to write a team that somebody may do this to."""
    writing = WorkWriting(connection, principal)
    held, role = find_team(connection, ref, principal=principal)
    check_right(action, role, principal)
    return writing, held


def _written(writing: WorkWriting, ref: int) -> Written[TeamView]:
    """Return the team as it is now, also to one who has just left it."""
    everyone = Principal(writing.tenant, writing.principal.name, ("admin",))
    value, _ = find_team(writing.connection, ref, principal=everyone)
    return Written(value=value, activities=writing.record())


def _let_in(
    writing: WorkWriting, ref: int, person: str, *, role: TeamRole, email: str | None = None
) -> None:
    """Give somebody a role in a team, whether they are in it or not."""
    own = {"own_tenant": writing.tenant, "own_id": ref, "own_person": person}
    find = select(team_member.c.role).where(*_OF_MEMBER)
    before = writing.connection.execute(find, own).scalar()
    if before == role:
        return
    if before is None:
        row = {
            "tenant_id": writing.tenant, "team_id": ref, "person": person, "role": role,
            "email": email, "since": writing.now_us,
        }  # fmt: skip
        writing.connection.execute(insert(team_member), row)
    else:
        writing.connection.execute(_SET_ROLE, own | {"new_role": role})
    writing.connection.execute(_TOUCH, own)
    writing.note(
        "member.joined" if before is None else "member.changed",
        team=ref,
        object_type="member",
        object_id=person,
        title=person,
        changes={"role": [before, role]},
    )


def _keep_a_leader(held: TeamView, person: str) -> None:
    if [one.person for one in held.members if one.role == "leader"] == [person]:
        raise last_leader(person)


def _find_invitation(
    connection: Connection, ref: int, principal: Principal
) -> tuple[Invitation, str | None]:
    values = asker(principal) | {"ref": check_ref("invitation", ref)}
    row = connection.execute(_INVITATION, values).first()
    if row is None:
        raise unknown("invitation", ref)
    return invitation_of(row), row[9]


def _note_invitation(
    writing: WorkWriting, kind: str, value: Invitation, *, title: str = ""
) -> None:
    """Take note of an invitation, without its code: whoever reads activities may not join by it."""
    writing.note(
        kind, team=value.team, object_type="invitation", object_id=value.id, title=title,
        changes={"role": [None, value.role], "email": [None, value.email]},
    )  # fmt: skip


def _join(connection: Connection, code: str, principal: Principal) -> Written[TeamView]:
    writing = WorkWriting(connection, principal)
    known = bool(code) and len(code) <= MAX_CODE and text_problem(code) is None
    values = {"tenant": principal.tenant, "code": code}
    row = connection.execute(_BY_CODE, values).first() if known else None
    if row is None:
        raise bad_invitation("is not known here")
    held = invitation_of(row)
    own = {"own_tenant": principal.tenant, "own_id": held.team, "own_person": principal.name}
    find = select(team_member.c.role).where(*_OF_MEMBER)
    role = connection.execute(find, own).scalar()
    if role in TEAM_ROLES[TEAM_ROLES.index(held.role) :]:
        return _written(writing, held.team)  # it uses nothing up
    use = {"own_tenant": principal.tenant, "own_id": held.id, "at": writing.now_us}
    if not connection.execute(_USE, use).rowcount:
        raise bad_invitation(why_spent(held, now=writing.now))
    _let_in(writing, held.team, principal.name, role=held.role, email=held.email)
    return _written(writing, held.team)
