"""Which webhooks there are, in SQL; it calls none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from headwater.analysis.instants import from_us, to_us
from headwater.analysis.webhook_records import check_webhook, title_of, too_many
from headwater.analysis.work_refusals import unknown
from headwater.model.principal import Principal
from headwater.model.webhook import (
    MOST_OF_TEAM,
    KeptWebhook,
    SealedSecret,
    Webhook,
    WebhookDraft,
)
from headwater.stores.sql.database import Database
from headwater.stores.sql.project_rows import find_project
from headwater.stores.sql.team_rows import find_team
from headwater.stores.sql.webhook_tables import webhook
from headwater.stores.sql.work_access import OWN, SEEN_TEAM, TEAMS, asker, check_ref, check_right
from headwater.stores.sql.work_tables import team
from headwater.stores.sql.work_writing import WorkWriting, write_work

RIGHT = "keep webhooks"
_OF_TENANT = webhook.c.tenant_id == bindparam("tenant")
_OF_TEAM = (_OF_TENANT, webhook.c.team_id == bindparam("ref"))
_ROW = (
    webhook.c.id, webhook.c.team_id, webhook.c.url, webhook.c.kinds, webhook.c.project_id,
    webhook.c.created_by, webhook.c.created_at, webhook.c.rotated_at, webhook.c.about,
    webhook.c.secrets,
)  # fmt: skip
_EVERY = select(*_ROW).where(*_OF_TEAM).order_by(webhook.c.id.desc())
_COUNT = select(func.count()).where(*_OF_TEAM)
_ONE = (
    select(*_ROW, OWN.c.role)
    .select_from(webhook.join(TEAMS, team.c.id == webhook.c.team_id))
    .where(_OF_TENANT, *SEEN_TEAM, webhook.c.id == bindparam("ref"))
)
_IS_OWN = (webhook.c.tenant_id == bindparam("own_tenant"), webhook.c.id == bindparam("own_id"))
_ROTATE = (
    update(webhook)
    .where(*_IS_OWN)
    .values(secrets=bindparam("new_secrets"), rotated_at=bindparam("at"))
)
_REMOVE = delete(webhook).where(*_IS_OWN)


class SqlWebhooks:
    """The webhooks of a tenant's teams: their leaders', and the tenant's admins'."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, draft: WebhookDraft, *, principal: Principal) -> Webhook:
        """Keep a webhook."""

        def work(connection: Connection) -> Webhook:
            writing = WorkWriting(connection, principal)
            _check_place(connection, draft, principal)
            made = writing.insert(
                webhook,
                team_id=draft.team,
                project_id=draft.project,
                url=draft.url,
                kinds=list(draft.kinds),
                about=draft.about,
                secrets=_written((SealedSecret(sealed=draft.sealed),)),
                created_by=principal.name,
                created_at=writing.now_us,
            )
            value = Webhook(
                id=made, team=draft.team, url=draft.url, kinds=draft.kinds,
                project=draft.project, created_by=principal.name, created_at=writing.now,
            )  # fmt: skip
            _note(writing, "hook.added", value)
            return value

        return await write_work(self._database, work, principal=principal)

    async def of_team(self, team: int, *, principal: Principal) -> list[Webhook]:
        """Return a team's webhooks, the newest first."""

        def work(connection: Connection) -> list[Webhook]:
            _, role = find_team(connection, team, principal=principal)
            check_right("see webhooks", role, principal)
            rows = connection.execute(_EVERY, {"tenant": principal.tenant, "ref": team})
            return [_kept_of(row).webhook for row in rows]

        return await self._database.read(work, tenant=principal.tenant)

    async def find(self, webhook: int, *, principal: Principal) -> KeptWebhook:
        """Return a webhook with its secrets, still sealed."""

        def work(connection: Connection) -> KeptWebhook:
            return _find(connection, webhook, principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def rotate(
        self, webhook: int, *, sealed: str, until: datetime, principal: Principal
    ) -> Webhook:
        """Sign by a new secret from now on, and by the one before until then."""

        def work(connection: Connection) -> Webhook:
            writing = WorkWriting(connection, principal)
            held = _find(connection, webhook, principal)
            secrets = _written(held.rotated(sealed, until=until, at=writing.now))
            own = {"own_tenant": principal.tenant, "own_id": webhook}
            connection.execute(_ROTATE, own | {"new_secrets": secrets, "at": writing.now_us})
            value = replace(held.webhook, rotated_at=writing.now)
            _note(writing, "hook.rotated", value)
            return value

        return await write_work(self._database, work, principal=principal)

    async def remove(self, webhook: int, *, principal: Principal) -> Webhook:
        """Remove a webhook, and its secrets."""

        def work(connection: Connection) -> Webhook:
            writing = WorkWriting(connection, principal)
            held = _find(connection, webhook, principal).webhook
            connection.execute(_REMOVE, {"own_tenant": principal.tenant, "own_id": webhook})
            _note(writing, "hook.removed", held)
            return held

        return await write_work(self._database, work, principal=principal)


def _check_place(connection: Connection, draft: WebhookDraft, principal: Principal) -> None:
    """Refuse a webhook that is not the asker's to keep, or one too many."""
    _, role = find_team(connection, draft.team, principal=principal)
    check_right(RIGHT, role, principal)
    check_webhook(draft)
    if draft.project is not None:
        held, _ = find_project(connection, draft.project, principal=principal)
        if held.team != draft.team:
            raise unknown("project", draft.project)
    own = {"tenant": principal.tenant, "ref": draft.team}
    if connection.execute(_COUNT, own).scalar_one() >= MOST_OF_TEAM:
        raise too_many(draft.team)


def _find(connection: Connection, ref: int, principal: Principal) -> KeptWebhook:
    values = asker(principal) | {"ref": check_ref("webhook", ref)}
    row = connection.execute(_ONE, values).first()
    if row is None:
        raise unknown("webhook", ref)
    check_right(RIGHT, row[10], principal)
    return _kept_of(row)


def _kept_of(row: Sequence[Any]) -> KeptWebhook:
    made = Webhook(
        id=row[0],
        team=row[1],
        url=row[2],
        kinds=tuple(row[3]),
        project=row[4],
        created_by=row[5],
        created_at=from_us(row[6]),
        rotated_at=row[7] and from_us(row[7]),
    )
    secrets = tuple(
        SealedSecret(sealed=sealed, until=until and from_us(until)) for sealed, until in row[9]
    )
    return KeptWebhook(webhook=made, about=row[8], secrets=secrets)


def _written(secrets: Sequence[SealedSecret]) -> list[list[Any]]:
    return [[one.sealed, one.until and to_us(one.until)] for one in secrets]


def _note(writing: WorkWriting, kind: str, hook: Webhook) -> None:
    writing.note(
        kind, team=hook.team, object_type="webhook", object_id=hook.id, title=title_of(hook.url)
    )
    writing.record()
