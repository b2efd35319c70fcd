"""Webhooks are kept alike behind every adapter, for the leaders of their team alone."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from contract.places import Place, emptied
from headwater.errors import LimitError, UsageError
from headwater.model.principal import Principal
from headwater.model.project import ProjectDraft
from headwater.model.team import InvitationDraft
from headwater.model.webhook import MOST_OF_TEAM, MOST_SECRETS, SealedSecret, WebhookDraft
from headwater.ports.activities import Activities
from headwater.ports.projects import Projects
from headwater.ports.teams import Teams
from headwater.ports.webhooks import Webhooks
from headwater.stores.memory.activities import MemoryActivities
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.projects import MemoryProjects
from headwater.stores.memory.teams import MemoryTeams
from headwater.stores.memory.webhooks import MemoryWebhooks
from headwater.stores.sql.activities import SqlActivities
from headwater.stores.sql.database import Database
from headwater.stores.sql.projects import SqlProjects
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.teams import SqlTeams
from headwater.stores.sql.webhooks import SqlWebhooks

LEADER = Principal("acme", "lea", ("operator",))
MEMBER = Principal("acme", "max", ("operator",))
STRANGER = Principal("acme", "sam", ("operator",))
ADMIN = Principal("acme", "ada", ("admin",))
ELSEWHERE = Principal("other", "lea", ("admin",))
NOW = datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """The ports, and a team of a leader and a member in them."""

    webhooks: Webhooks
    teams: Teams
    projects: Projects
    activities: Activities
    team: int

    def draft(self, **fields: object) -> WebhookDraft:
        known = {"team": self.team, "url": "https://hook.example.com/s3cret", "about": "a",
                 "sealed": "sealed-1"}  # fmt: skip
        return WebhookDraft(**{**known, **fields})  # type: ignore[arg-type]


@asynccontextmanager
async def in_sql(place: Place | None, files: Path, folder: Path) -> AsyncIterator[Database]:
    if place is not None:
        async with emptied(place) as server:
            yield server
        return
    path = folder / "estate.db"
    await anyio.to_thread.run_sync(shutil.copy, files / "estate.db", path)
    database = await SqliteDatabase.open(path)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def kept(
    adapter: str, place: Place | None, empty_files: Path, tmp_path: Path
) -> AsyncIterator[Kept]:
    """Give an estate with a team."""
    if adapter.startswith("memory"):
        estate = MemoryEstate()
        yield await with_team(
            MemoryWebhooks(estate), MemoryTeams(estate), MemoryProjects(estate),
            MemoryActivities(estate),
        )  # fmt: skip
        return
    async with in_sql(place, empty_files, tmp_path) as database:
        yield await with_team(
            SqlWebhooks(database), SqlTeams(database), SqlProjects(database),
            SqlActivities(database),
        )  # fmt: skip


async def with_team(
    webhooks: Webhooks, teams: Teams, projects: Projects, activities: Activities
) -> Kept:
    made = await teams.create("ops", description=None, principal=LEADER)
    draft = InvitationDraft(team=made.value.id, code="c" * 20, expires_at=NOW + timedelta(days=1))
    await teams.invite(draft, principal=LEADER)
    await teams.join("c" * 20, principal=MEMBER)
    return Kept(webhooks, teams, projects, activities, made.value.id)


async def refused(calling: object) -> str:
    with pytest.raises((UsageError, LimitError)) as raised:
        await calling  # type: ignore[misc]
    return raised.value.code


async def test_a_webhook_is_told_as_it_was_kept(kept: Kept) -> None:
    made = await kept.webhooks.add(kept.draft(kinds=("item.updated", "session")), principal=LEADER)
    assert (made.team, made.kinds, made.created_by) == (
        kept.team, ("item.updated", "session"), "lea",
    )  # fmt: skip
    assert abs(made.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    other = await kept.webhooks.add(kept.draft(), principal=ADMIN)
    assert await kept.webhooks.of_team(kept.team, principal=LEADER) == [other, made]
    found = await kept.webhooks.find(made.id, principal=LEADER)
    assert found.webhook == made
    assert (found.about, found.secrets) == ("a", (SealedSecret(sealed="sealed-1"),))


async def test_only_leaders_and_admins_know_of_it(kept: Kept) -> None:
    made = await kept.webhooks.add(kept.draft(), principal=LEADER)
    hooks = kept.webhooks
    for who, code in (
        (MEMBER, "work.not_allowed"), (STRANGER, "work.unknown"), (ELSEWHERE, "work.unknown"),
    ):  # fmt: skip
        assert await refused(hooks.add(kept.draft(), principal=who)) == code
        assert await refused(hooks.of_team(kept.team, principal=who)) == code
        assert await refused(hooks.find(made.id, principal=who)) == code
        until = datetime.now(UTC)
        rotated = hooks.rotate(made.id, sealed="x", until=until, principal=who)
        assert await refused(rotated) == code
        assert await refused(hooks.remove(made.id, principal=who)) == code
    assert await hooks.of_team(kept.team, principal=ADMIN) == [made]
    for ref in (made.id + 1, 0, -1, 2**70):
        assert await refused(hooks.find(ref, principal=LEADER)) == "work.unknown"


async def test_a_removed_webhook_is_gone_with_its_secrets(kept: Kept) -> None:
    made = await kept.webhooks.add(kept.draft(), principal=LEADER)
    assert await kept.webhooks.remove(made.id, principal=LEADER) == made
    assert await kept.webhooks.of_team(kept.team, principal=LEADER) == []
    assert await refused(kept.webhooks.find(made.id, principal=LEADER)) == "work.unknown"
    assert await refused(kept.webhooks.remove(made.id, principal=LEADER)) == "work.unknown"


async def test_the_secret_before_signs_on_until_then(kept: Kept) -> None:
    made = await kept.webhooks.add(kept.draft(), principal=LEADER)
    until = datetime.now(UTC).replace(microsecond=5) + timedelta(days=1)
    for number in range(2, 7):
        changed = await kept.webhooks.rotate(
            made.id, sealed=f"sealed-{number}", until=until, principal=LEADER
        )
        assert replace(changed, rotated_at=None) == made
        assert changed.rotated_at is not None
    found = await kept.webhooks.find(made.id, principal=LEADER)
    assert len(found.secrets) == MOST_SECRETS
    assert found.secrets[:2] == (
        SealedSecret(sealed="sealed-6"), SealedSecret(sealed="sealed-5", until=until),
    )  # fmt: skip
    past = datetime.now(UTC) - timedelta(seconds=1)
    await kept.webhooks.rotate(made.id, sealed="sealed-7", until=past, principal=LEADER)
    await kept.webhooks.rotate(made.id, sealed="sealed-8", until=until, principal=LEADER)
    found = await kept.webhooks.find(made.id, principal=LEADER)
    assert [one.sealed for one in found.secrets] == ["sealed-8", "sealed-7"]


async def test_a_project_is_one_of_the_team(kept: Kept) -> None:
    draft = ProjectDraft(team=kept.team, name="p")
    project = (await kept.projects.create(draft, principal=LEADER)).value
    made = await kept.webhooks.add(kept.draft(project=project.id), principal=LEADER)
    assert made.project == project.id
    other = (await kept.teams.create("dev", description=None, principal=LEADER)).value
    foreign = kept.draft(team=other.id, project=project.id)
    assert await refused(kept.webhooks.add(foreign, principal=LEADER)) == "work.unknown"
    nowhere = kept.draft(project=project.id + 99)
    assert await refused(kept.webhooks.add(nowhere, principal=LEADER)) == "work.unknown"


@pytest.mark.parametrize(
    "fields",
    [{"url": ""}, {"url": "https://a.b/\n"}, {"url": "h" * 2001}, {"kinds": ("Item",)},
     {"kinds": ("a.b.c",)}, {"kinds": ("",)}, {"kinds": ("item",) * 51}],
)  # fmt: skip
async def test_what_cannot_be_kept_is_refused(kept: Kept, fields: dict[str, object]) -> None:
    assert await refused(kept.webhooks.add(kept.draft(**fields), principal=LEADER)) == "work.bad"


async def test_a_team_has_a_bounded_number(kept: Kept) -> None:
    for _ in range(MOST_OF_TEAM):
        await kept.webhooks.add(kept.draft(), principal=LEADER)
    assert await refused(kept.webhooks.add(kept.draft(), principal=LEADER)) == "webhook.too_many"
    other = (await kept.teams.create("dev", description=None, principal=LEADER)).value
    assert await kept.webhooks.add(kept.draft(team=other.id), principal=LEADER)


async def test_what_leaders_do_with_it_is_written_down_without_its_url(kept: Kept) -> None:
    made = await kept.webhooks.add(kept.draft(), principal=LEADER)
    until = datetime.now(UTC)
    await kept.webhooks.rotate(made.id, sealed="x", until=until, principal=ADMIN)
    await kept.webhooks.remove(made.id, principal=LEADER)
    done = [one for one in await kept.activities.due(limit=99) if one.object_type == "webhook"]
    assert [(one.kind, one.actor, one.object_id, one.title) for one in done] == [
        ("hook.added", "lea", made.id, "hook.example.com"),
        ("hook.rotated", "ada", made.id, "hook.example.com"),
        ("hook.removed", "lea", made.id, "hook.example.com"),
    ]
    assert "s3cret" not in repr(done)
