"""What a team's people and webhooks are told: which webhooks there are, and how far notices are.

Nothing here sends anything: what was done makes notices, and processes with background jobs send
them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from headwater.analysis.work_refusals import not_allowed
from headwater.model.evidence import Evidence
from headwater.model.notice import NoticeStatus, Posted
from headwater.model.principal import Principal
from headwater.model.team import TeamView
from headwater.model.webhook import NewWebhook, Webhook, WebhookDraft
from headwater.packs.arguments import Text
from headwater.packs.citing import MAX_RECORDS
from headwater.packs.work.arguments import Limit, Number
from headwater.policy.permissions import sees_all
from headwater.policy.webhook_signature import SECRET_BYTES, write_secret
from headwater.policy.work_rights import ACTIONS, may_in_team
from headwater.ports.courier import Courier
from headwater.ports.outbox import Outbox
from headwater.ports.sealer import Sealer
from headwater.ports.teams import Teams
from headwater.ports.webhooks import Webhooks
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

DAY_S = 86_400
MOST_KEPT_S = 30 * DAY_S
MOST_LOOKED_AT = 2_000
"""Notices of the tenant's, the newest, among which those asked for are found."""
MOST_TEAMS = 500
RIGHT = "see notices"

Url = Annotated[str, Field(min_length=1, max_length=2_000, description="https://host/path")]
ActivityKinds = Annotated[
    Sequence[Text],
    Field(max_length=50, description="Such as item.updated, or item; empty for all."),
]
Statuses = Annotated[
    Sequence[NoticeStatus],
    Field(max_length=7, description="Such as waiting, refused; empty for all."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamWebhooks:
    """A team's webhooks, the newest first."""

    webhooks: list[Webhook]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Notices, the newest first; `truncated` says that older ones were not looked at."""

    notices: list[Posted]
    total: int
    truncated: bool


@tool(
    name="work.add_webhook",
    description="Have a URL told of what a team does, signed by a secret shown this once.",
    role="operator",
    personal=True,
    secret=True,
)
async def add_webhook(
    team: Number,
    url: Url,
    *,
    kinds: ActivityKinds = (),
    project: Number | None = None,
    webhooks: Webhooks,
    courier: Courier,
    sealer: Sealer,
    principal: Principal,
) -> Cited[NewWebhook]:
    """Keep a webhook; its secret is kept sealed and never shown again. Leaders may."""
    about = f"webhook/{principal.tenant}/{secrets.token_hex(16)}"
    secret = write_secret(secrets.token_bytes(SECRET_BYTES))
    draft = WebhookDraft(
        team=team,
        url=courier.check_url(url),
        kinds=tuple(dict.fromkeys(kinds)),
        project=project,
        about=about,
        sealed=sealer.seal(secret, about=about),
    )
    made = await webhooks.add(draft, principal=principal)
    value = NewWebhook(webhook=made, secret=secret)
    return Cited(value, (_cited([made], f"add a webhook of team {team}"),))


@tool(
    name="work.webhooks",
    description="List the webhooks of a team that you lead.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def list_webhooks(
    team: Number, *, webhooks: Webhooks, principal: Principal
) -> Cited[TeamWebhooks]:
    """Give a team's webhooks without their secrets. Leaders may."""
    found = await webhooks.of_team(team, principal=principal)
    value = TeamWebhooks(webhooks=found, total=len(found))
    return Cited(value, (_cited(found, f"webhooks of team {team}"),))


@tool(
    name="work.rotate_webhook",
    description="Replace the secret of a webhook; the one before signs for some time still.",
    role="operator",
    personal=True,
    secret=True,
)
async def rotate_webhook(
    webhook: Number,
    *,
    keep_s: Annotated[int, Field(ge=0, le=MOST_KEPT_S)] = DAY_S,
    webhooks: Webhooks,
    sealer: Sealer,
    principal: Principal,
) -> Cited[NewWebhook]:
    """Give a webhook a new secret; both sign each message for `keep_s`. Leaders may."""
    kept = await webhooks.find(webhook, principal=principal)
    secret = write_secret(secrets.token_bytes(SECRET_BYTES))
    made = await webhooks.rotate(
        webhook,
        sealed=sealer.seal(secret, about=kept.about),
        until=datetime.now(UTC) + timedelta(seconds=keep_s),
        principal=principal,
    )
    value = NewWebhook(webhook=made, secret=secret)
    return Cited(value, (_cited([made], f"rotate the secret of webhook {webhook}"),))


@tool(
    name="work.remove_webhook",
    description="Remove a webhook of a team that you lead.",
    role="operator",
    personal=True,
)
async def remove_webhook(
    webhook: Number, *, webhooks: Webhooks, principal: Principal
) -> Cited[Webhook]:
    """Remove a webhook with its secrets; what waits for it is not sent. Leaders may."""
    gone = await webhooks.remove(webhook, principal=principal)
    return Cited(gone, (_cited([gone], f"remove webhook {webhook}"),))


@tool(
    name="work.notices",
    description="Show how far letters and messages to webhooks are, as a leader or an admin.",
    role="reader",
    idempotent=True,
    personal=True,
)
async def list_notices(
    *,
    team: Number | None = None,
    status: Statuses = (),
    limit: Limit = 50,
    outbox: Outbox,
    teams: Teams,
    principal: Principal,
) -> Cited[Notices]:
    """Give the notices of the teams that the asker leads, or of the tenant to an admin."""
    shown = await _teams_led(team, teams=teams, principal=principal)
    recent = await outbox.recent(limit=MOST_LOOKED_AT, principal=principal)
    found = [
        one
        for one in recent
        if (shown is None or one.team in shown) and (not status or one.status in status)
    ]
    value = Notices(
        notices=found[:limit], total=len(found), truncated=len(recent) >= MOST_LOOKED_AT
    )
    evidence = Evidence(
        source="work",
        count=len(found),
        unit="notices",
        records=tuple(f"notice {one.id} {one.status}" for one in found[:MAX_RECORDS]),
        query="notices" if team is None else f"notices of team {team}",
        truncated=value.truncated or len(found) > limit,
    )
    return Cited(value, (evidence,))


async def _teams_led(
    team: int | None, *, teams: Teams, principal: Principal
) -> frozenset[int] | None:
    """Return the teams whose notices the asker may see; None for all of the tenant's.

    Raises:
        UsageError: `work.unknown`, `work.not_allowed`.
    """
    if team is not None:
        if not _leads(await teams.find(team, principal=principal), principal):
            raise not_allowed(RIGHT, ACTIONS[RIGHT])
        return frozenset({team})
    if sees_all(principal.roles):
        return None
    page = await teams.page(limit=MOST_TEAMS, cursor=None, principal=principal)
    views = [await teams.find(one.id, principal=principal) for one in page.teams]
    return frozenset(one.id for one in views if _leads(one, principal))


def _leads(team: TeamView, principal: Principal) -> bool:
    role = next((one.role for one in team.members if one.person == principal.name), None)
    return may_in_team(RIGHT, role, roles=principal.roles)


def _cited(read: Sequence[Webhook], query: str) -> Evidence:
    return Evidence(
        source="work",
        count=len(read),
        unit="webhooks",
        records=tuple(f"webhook {one.id}" for one in read[:MAX_RECORDS]),
        query=query,
    )
