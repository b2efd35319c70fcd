"""The commands on teams and projects; each asks one tool of the pack `work` and shows its value.

Next: `headwater.entries.cli.work_asking`
"""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_work import (
    draw_activity,
    draw_gone,
    draw_invitation,
    draw_project,
    draw_projects,
    draw_resume,
    draw_team,
    draw_teams,
)
from headwater.entries.cli.work_asking import asked, changed, given, name_of, names_of, words_of

Codes = Annotated[tuple[str, ...], Parameter(name="--item", negative="")]
DAY_S = 86_400


def teams(*, limit: int = 20, options: Options = NO_OPTIONS) -> int:
    """List the teams that you see.

    Args:
        limit: How many at the most.
        options: Options of every command.
    """
    return asked("work.teams", {"limit": limit}, options=options, draw=draw_teams)


def team(team_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Show a team and who is in it.

    Args:
        team_id: The team's id.
        options: Options of every command.
    """
    return asked("work.team", {"team": team_id}, options=options, draw=draw_team)


def create_team(
    name: str, /, *, description: str | None = None, options: Options = NO_OPTIONS
) -> int:
    """Make a team, with you as its leader.

    Args:
        name: What it is called.
        description: What it is for.
        options: Options of every command.
    """
    told = given(name=words_of(name, "the name"), description=words_of(description, "the words"))
    return asked("work.create_team", told, options=options, draw=draw_team)


def invite(
    team_id: int,
    /,
    *,
    role: Literal["member", "leader"] = "member",
    email: str | None = None,
    uses: int = 1,
    days: float = 7,
    options: Options = NO_OPTIONS,
) -> int:
    """Make an invitation into a team: a code by which so many may join.

    Args:
        team_id: The team's id.
        role: What they are in it.
        email: Who is told of it by mail.
        uses: How many may join by it.
        days: How long it holds.
        options: Options of every command.
    """
    told = given(
        team=team_id,
        role=role,
        email=words_of(email, "--email"),
        uses=uses,
        expires_in_s=int(days * DAY_S),
    )
    return asked("work.invite", told, options=options, draw=draw_invitation)


def join(code: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Join a team by the code of an invitation.

    Args:
        code: The code.
        options: Options of every command.
    """
    told = given(code=words_of(code, "the code"))
    return asked("work.join", told, options=options, draw=draw_team)


def projects(
    *,
    team: int | None = None,
    status: tuple[str, ...] = (),
    ci: str | None = None,
    limit: int = 20,
    options: Options = NO_OPTIONS,
) -> int:
    """List the projects that you see.

    Args:
        team: Only those of this team.
        status: Only those of this status; may be given again.
        ci: Only those about this configuration item, by code.
        limit: How many at the most.
        options: Options of every command.
    """
    told = given(team=team, status=list(status) or None, ci=name_of(ci, "--ci"), limit=limit)
    return asked("work.projects", told, options=options, draw=draw_projects)


def project(project_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Show a project.

    Args:
        project_id: The project's id.
        options: Options of every command.
    """
    return asked("work.project", {"project": project_id}, options=options, draw=draw_project)


def open_project(
    team_id: int,
    name: str,
    /,
    *,
    description: str | None = None,
    item: Codes = (),
    repository: str | None = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Open a project of a team.

    Args:
        team_id: The team's id.
        name: What it is called.
        description: What it is about.
        item: The code of a configuration item that it is about; may be given again.
        repository: Such as owner/name.
        options: Options of every command.
    """
    told = given(
        team=team_id,
        name=words_of(name, "the name"),
        description=words_of(description, "--description"),
        items=names_of(item, "--item"),
        repository=words_of(repository, "--repository"),
    )
    return asked("work.create_project", told, options=options, draw=draw_project)


def set_project(project_id: int, /, *changes: str, options: Options = NO_OPTIONS) -> int:
    """Change a project.

    Args:
        project_id: The project's id.
        changes: As field=value, such as status=paused; field= clears.
        options: Options of every command.
    """
    one = {"project": project_id}
    return changed("work.project", one, changes, options=options, draw=draw_project)


def delete_project(project_id: int, /, *, version: int, options: Options = NO_OPTIONS) -> int:
    """Delete a project with all of its work.

    Args:
        project_id: The project's id.
        version: The version that you have seen.
        options: Options of every command.
    """
    told = {"project": project_id, "version": version}
    return asked("work.delete_project", told, options=options, draw=draw_gone)


def activity(
    project_id: int, /, *, after: int = 0, limit: int = 50, options: Options = NO_OPTIONS
) -> int:
    """Show what happened in a project, in order.

    Args:
        project_id: The project's id.
        after: The number of the last that you have seen.
        limit: How many at the most.
        options: Options of every command.
    """
    told = given(project=project_id, after=after, limit=limit)
    return asked("work.activity", told, options=options, draw=draw_activity)


def resume(project_id: int | None = None, /, *, options: Options = NO_OPTIONS) -> int:
    """Show where work stopped: what was done last, what is next, what stands in the way.

    Args:
        project_id: The project's id; without it the one that you worked on last.
        options: Options of every command.
    """
    return asked("work.resume", given(project=project_id), options=options, draw=draw_resume)
