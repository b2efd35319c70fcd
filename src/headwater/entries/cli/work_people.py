"""The commands on who is in a team and who is told what it does; each asks one tool.

Next: `headwater.entries.cli.work_asking`
"""

from __future__ import annotations

from typing import Literal

from headwater.entries.cli.decode import checked
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_telling import (
    draw_invitations,
    draw_new_webhook,
    draw_no_webhook,
    draw_notices,
    draw_webhooks,
)
from headwater.entries.cli.render_work import draw_invitation, draw_team
from headwater.entries.cli.work_asking import asked, given, words_of

HOUR_S = 3600


def invitations(team_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """List the invitations into a team with their codes, as its leader.

    Args:
        team_id: The team's id.
        options: Options of every command.
    """
    told = {"team": team_id}
    return asked("work.invitations", told, options=options, draw=draw_invitations)


def revoke(invitation_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Let nobody in by an invitation any more.

    Args:
        invitation_id: The invitation's id.
        options: Options of every command.
    """
    told = {"invitation": invitation_id}
    return asked("work.revoke_invitation", told, options=options, draw=draw_invitation)


def set_member(
    team_id: int,
    person: str,
    /,
    *,
    role: Literal["member", "leader"] = "member",
    options: Options = NO_OPTIONS,
) -> int:
    """Take somebody into a team, or say what they are in it.

    Args:
        team_id: The team's id.
        person: By the name that they ask with.
        role: What they are in it.
        options: Options of every command.
    """
    told = {"team": team_id, "person": checked(person, "the person"), "role": role}
    return asked("work.set_member", told, options=options, draw=draw_team)


def remove_member(team_id: int, person: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Take somebody out of a team.

    Args:
        team_id: The team's id.
        person: By the name that they ask with.
        options: Options of every command.
    """
    told = {"team": team_id, "person": checked(person, "the person")}
    return asked("work.remove_member", told, options=options, draw=draw_team)


def webhooks(team_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """List the webhooks of a team that you lead.

    Args:
        team_id: The team's id.
        options: Options of every command.
    """
    return asked("work.webhooks", {"team": team_id}, options=options, draw=draw_webhooks)


def add_webhook(
    team_id: int,
    url: str,
    /,
    *,
    kind: tuple[str, ...] = (),
    project: int | None = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Have a URL told of what a team does, signed by a secret that is shown this once.

    Args:
        team_id: The team's id.
        url: Such as https://hooks.example.org/team.
        kind: What it is told of, such as item.updated, item or alert; may be given again.
        project: The only project that it is told of.
        options: Options of every command.
    """
    kinds = [checked(one, "--kind") for one in kind] or None
    told = given(team=team_id, url=words_of(url, "the URL"), kinds=kinds, project=project)
    return asked("work.add_webhook", told, options=options, draw=draw_new_webhook)


def rotate_webhook(webhook_id: int, /, *, hours: float = 24, options: Options = NO_OPTIONS) -> int:
    """Replace the secret of a webhook; the new one is shown this once.

    Args:
        webhook_id: The webhook's id.
        hours: How long the one before signs still.
        options: Options of every command.
    """
    told = {"webhook": webhook_id, "keep_s": int(hours * HOUR_S)}
    return asked("work.rotate_webhook", told, options=options, draw=draw_new_webhook)


def remove_webhook(webhook_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Remove a webhook with its secrets.

    Args:
        webhook_id: The webhook's id.
        options: Options of every command.
    """
    told = {"webhook": webhook_id}
    return asked("work.remove_webhook", told, options=options, draw=draw_no_webhook)


def notices(
    *,
    team: int | None = None,
    status: tuple[str, ...] = (),
    limit: int = 20,
    options: Options = NO_OPTIONS,
) -> int:
    """Show how far letters and messages to webhooks are, the newest first.

    Args:
        team: Only those of this team.
        status: Only those of this status, such as waiting or refused; may be given again.
        limit: How many at the most.
        options: Options of every command.
    """
    told = given(team=team, status=list(status) or None, limit=limit)
    return asked("work.notices", told, options=options, draw=draw_notices, keeps_jobs=True)
