"""Which webhooks there are, in memory; it calls none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

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
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.work_writing import WorkView, WorkWriting, look, write

RIGHT = "keep webhooks"


class MemoryWebhooks:
    """The webhooks of a tenant's teams: their leaders', and the tenant's admins'."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate
        self._kept: dict[str, dict[int, KeptWebhook]] = defaultdict(dict)

    async def add(self, draft: WebhookDraft, *, principal: Principal) -> Webhook:
        """Keep a webhook."""
        kept = self._kept[principal.tenant]

        def work(writing: WorkWriting) -> Webhook:
            writing.team(draft.team)
            writing.check_right(RIGHT, draft.team)
            check_webhook(draft)
            if draft.project is not None:
                held = writing.project(draft.project)
                if held.project.team != draft.team:
                    raise unknown("project", draft.project)
            if sum(one.webhook.team == draft.team for one in kept.values()) >= MOST_OF_TEAM:
                raise too_many(draft.team)
            made = Webhook(
                id=writing.next_id("webhooks"), team=draft.team, url=draft.url,
                kinds=draft.kinds, project=draft.project, created_by=principal.name,
                created_at=writing.now,
            )  # fmt: skip
            secrets = (SealedSecret(sealed=draft.sealed),)
            kept[made.id] = KeptWebhook(webhook=made, about=draft.about, secrets=secrets)
            _note(writing, "hook.added", made)
            return made

        return await write(self._estate, work, principal=principal)

    async def of_team(self, team: int, *, principal: Principal) -> list[Webhook]:
        """Return a team's webhooks, the newest first."""
        view = await look(self._estate, principal)
        view.team(team)
        view.check_right("see webhooks", team)
        kept = self._kept[principal.tenant].values()
        found = [one.webhook for one in kept if one.webhook.team == team]
        return sorted(found, key=lambda one: one.id, reverse=True)

    async def find(self, webhook: int, *, principal: Principal) -> KeptWebhook:
        """Return a webhook with its secrets, still sealed."""
        return self._of(webhook, await look(self._estate, principal))

    async def rotate(
        self, webhook: int, *, sealed: str, until: datetime, principal: Principal
    ) -> Webhook:
        """Sign by a new secret from now on, and by the one before until then."""

        def work(writing: WorkWriting) -> Webhook:
            held = self._of(webhook, writing)
            made = replace(held.webhook, rotated_at=writing.now)
            secrets = held.rotated(sealed, until=until, at=writing.now)
            kept = replace(held, webhook=made, secrets=secrets)
            self._kept[principal.tenant][webhook] = kept
            _note(writing, "hook.rotated", made)
            return made

        return await write(self._estate, work, principal=principal)

    async def remove(self, webhook: int, *, principal: Principal) -> Webhook:
        """Remove a webhook, and its secrets."""

        def work(writing: WorkWriting) -> Webhook:
            held = self._of(webhook, writing)
            del self._kept[principal.tenant][webhook]
            _note(writing, "hook.removed", held.webhook)
            return held.webhook

        return await write(self._estate, work, principal=principal)

    def _of(self, ref: int, view: WorkView) -> KeptWebhook:
        held = self._kept[view.principal.tenant].get(ref)
        if held is None or not view.sees(held.webhook.team):
            raise unknown("webhook", ref)
        view.check_right(RIGHT, held.webhook.team)
        return held


def _note(writing: WorkWriting, kind: str, hook: Webhook) -> None:
    writing.note(
        kind, team=hook.team, object_type="webhook", object_id=hook.id, title=title_of(hook.url)
    )
    writing.record()
