"""What is wrong with an installation, and what to do? It looks at each part, and mends none.

Every look happens off the loop or awaits, and has some seconds; one that hangs fails alone.
"""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio
from anyio import to_thread

from headwater.app.settings import Settings, find_settings, local_zone
from headwater.app.wiring import SQLITE, Stores, import_stores, open_stores
from headwater.app.wiring_services import open_mailer
from headwater.composing.spent import spent_in_words
from headwater.errors import HeadwaterError
from headwater.model.principal import Principal
from headwater.model.readiness import Check, CheckStatus
from headwater.model.spending import Bounds
from headwater.ports.probed import Probed

LOOK_S = 5.0
"""Seconds for each look."""
LEAST_FREE_BYTES = 500_000_000
LITTLE_LEFT = 0.9
"""The share of a budget from which on little is left."""
CLOCK_LEEWAY = timedelta(minutes=1)
OLDEST_CLOCK = datetime(2024, 1, 1, tzinfo=UTC)
PREFIX = "HEADWATER_"

Found = tuple[CheckStatus, str, str]
"""How it is, what was found, and what to do."""
LATE: Found = "failed", f"no answer within {LOOK_S:g} s", "see whether it hangs or is far away"
OPENS: Found = "ok", "it opens, and its tables are of this version", ""


async def examine(url: str | None = None, *, tenant: str = "default") -> list[Check]:
    """Look at configuration, database, migrations, clock, permissions and what is configured.

    Args:
        url: The estate; else the one that the environment names, else the default.
        tenant: Whose newest run the clock is compared with.
    """
    checks = [await _look("configuration", _configuration)]
    try:
        settings = find_settings()
    except HeadwaterError:
        return checks
    database = url or settings.database_url
    checks.append(await _look("sqlite", _sqlite))
    checks.append(await _look("permissions", lambda: _permissions(database)))
    checks.append(await _look("disk", lambda: _disk(database)))
    checks.extend(await _stores(database, settings, Principal(tenant=tenant, name="doctor")))
    checks.extend(await _mail(settings))
    if settings.otel_endpoint is not None:
        endpoint = settings.otel_endpoint
        checks.append(await _look("traces", lambda: _reached(endpoint)))
    return checks


async def _look(
    name: str, look: Callable[[], Awaitable[Found]], *, within_s: float = LOOK_S
) -> Check:
    """Return what one look found, within its seconds."""
    started_at = anyio.current_time()
    found = LATE
    with anyio.move_on_after(within_s):
        try:
            found = await look()
        except HeadwaterError as error:
            found = "failed", error.message, f"see {error.code} in docs/reference/errors.md"
        except OSError as error:
            found = "failed", f"{error.strerror or error}", "see who may read and write there"
    return _check(name, found, took_s=anyio.current_time() - started_at)


def _check(name: str, found: Found, *, took_s: float) -> Check:
    status, message, advice = found
    return Check(name=name, status=status, message=message, advice=advice, took_s=took_s)


async def _configuration() -> Found:
    find_settings()
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        advice = "correct or remove them; docs/reference/settings.md has all names"
        return "warning", f"unknown settings: {', '.join(unknown)}", advice
    named = sum(name in os.environ for name in known)
    return "ok", f"{named} settings in the environment, the rest by default", ""


async def _sqlite() -> Found:
    def look() -> bool:
        connection = sqlite3.connect(":memory:")
        try:
            options = {row[0] for row in connection.execute("PRAGMA compile_options")}
        finally:
            connection.close()
        return "ENABLE_FTS5" in options

    version = sqlite3.sqlite_version
    if await to_thread.run_sync(look):
        return "ok", f"SQLite {version} with full-text search", ""
    advice = "searches read every row; use a Python whose SQLite has FTS5"
    return "warning", f"SQLite {version} without FTS5", advice


async def _permissions(database: str) -> Found:
    path = _file(database)
    if path is None:
        return "ok", "no file of ours is used", ""

    def look() -> Found:
        if not path.exists():
            if not path.parent.exists():
                return "ok", f"{path.parent} will be made when the estate is first opened", ""
            usable = os.access(path.parent, os.W_OK)
        else:
            usable = os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.W_OK)
        if usable:
            return "ok", f"{path.parent} can be written", ""
        advice = "let this user write the file and its folder, or name another with --database"
        return "failed", f"{path} or its folder cannot be written by this user", advice

    return await to_thread.run_sync(look)


async def _disk(database: str) -> Found:
    path = _file(database)
    if path is None:
        return "ok", "no file of ours is used", ""

    def look() -> int:
        folder = path.parent
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free

    free_bytes = await to_thread.run_sync(look)
    found = f"{free_bytes / 1e9:.1f} GB free beside the estate"
    if free_bytes < LEAST_FREE_BYTES:
        return "warning", found, "make room: a load that finds none is refused as a whole"
    return "ok", found, ""


async def _stores(database: str, settings: Settings, principal: Principal) -> list[Check]:
    """Look at what needs the stores open; where they cannot be, only that is told."""
    path = _file(database)
    if path is not None and not await anyio.Path(path).exists():
        none_yet: Found = (
            "warning",
            f"there is no estate at {path} yet",
            "headwater load PATH, or scan",
        )
        return [await _look("database", lambda: _told(none_yet))]
    await to_thread.run_sync(import_stores, database)  # that takes its own time
    checks: list[Check] = []

    async def look(stores: Stores) -> None:
        checks.append(await _look("clock", lambda: _clock(stores, principal)))
        for name, probe in stores.probed.items():
            checks.append(await _look(name, partial(_reached_by, probe)))
        if stores.llm is not None and stores.llm.models:
            bounds = settings.llm_bounds
            budget = partial(_budget, stores, bounds, principal=principal)
            checks.append(await _look("language model budget", budget))
        if settings.uses_github:  # asked by hand alone: its limit for nobody is low
            checks.append(await _look("github", partial(_reached_by, stores.code.probe)))

    return [await _open_for(look, _opened(database, settings)), *checks]


async def _open_for(
    look: Callable[[Stores], Awaitable[None]], opening: AbstractAsyncContextManager[Stores]
) -> Check:
    """Open the stores, look at them, close them, and return how the opening went.

    Opening and closing have their seconds each, under one scope: what is opened may hold scopes of
    its own, which end in the order in which they began.
    """
    started_at, took = anyio.current_time(), []

    async def hold() -> Found:
        async with opening as stores:
            took.append(anyio.current_time() - started_at)
            scope.deadline = math.inf
            await look(stores)
            scope.deadline = anyio.current_time() + LOOK_S
        return OPENS

    with anyio.CancelScope(deadline=started_at + LOOK_S) as scope:
        check = await _look("database", hold, within_s=math.inf)
    if took:
        return _check("database", OPENS, took_s=took[0])
    return _check("database", LATE, took_s=LOOK_S) if scope.cancelled_caught else check


@asynccontextmanager
async def _opened(database: str, settings: Settings) -> AsyncIterator[Stores]:
    hurried = settings.model_copy(update={"prepare": False})
    async with open_stores(database, hurried) as stores:
        await stores.versions.current(principal=Principal(name="doctor"))
        yield stores


async def _clock(stores: Stores, principal: Principal) -> Found:
    now = datetime.now(UTC)
    zone = await to_thread.run_sync(local_zone)
    newest = await stores.run_log.recent(limit=1, principal=principal)
    if now < OLDEST_CLOCK:
        return "failed", f"the clock says {now:%Y-%m-%d %H:%M} UTC", "set it, by NTP best"
    if newest and newest[0].asked_at > now + CLOCK_LEEWAY:
        ahead = newest[0].asked_at - now
        found = f"the newest run was asked {ahead.total_seconds():.0f} s from now"
        return "warning", found, "the clock went back, or another machine's is ahead: use NTP"
    return "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC; words such as yesterday are read in {zone}", ""


async def _budget(stores: Stores, bounds: Bounds, *, principal: Principal) -> Found:
    """Say what models took of the tenant's budget today, and whether little of it is left."""
    spent = await stores.spending.of_day(datetime.now(UTC).date(), principal=principal)
    most, pairs = spent.most, []
    if bounds.tokens_per_day:
        pairs.append((most.tokens, bounds.tokens_per_day, f"{bounds.tokens_per_day:,} tokens"))
    if bounds.micros_per_day:
        pairs.append((most.micros, bounds.micros_per_day, f"{bounds.micros_per_day / 1e6:g}"))
    of = " and ".join(text for _, _, text in pairs)
    found = f"today (UTC): {spent_in_words(spent)}; the budget is {of or 'without a bound'}"
    if any(used > LITTLE_LEFT * bound for used, bound, _ in pairs):
        return "warning", found, "raise the budget, or answers come without a model until midnight"
    return "ok", found, ""


async def _mail(settings: Settings) -> list[Check]:
    """Look whether letters can be handed over, where mail is set; none is sent."""

    async def look() -> Found:
        mailer = await to_thread.run_sync(open_mailer, settings)
        if mailer is None:
            found = "a sender is set, and nobody who carries mail"
            return "warning", found, "set HEADWATER_SMTP_URL, or leave the sender out"
        await mailer.check()
        return "ok", f"letters can be handed over, from {settings.mail_from}", ""

    given = (settings.smtp_url, settings.mail_azure, settings.mail_folder, settings.mail_from)
    return [await _look("mail", look)] if any(one is not None for one in given) else []


async def _reached(endpoint: str) -> Found:
    parts = urlsplit(endpoint)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    async with await anyio.connect_tcp(parts.hostname or endpoint, port):
        return "ok", f"{parts.hostname}:{port} takes connections", ""


async def _reached_by(probe: Probed) -> Found:
    await probe.check()
    return "ok", "it answers", ""


async def _told(found: Found) -> Found:
    return found


def _file(database: str) -> Path | None:
    return Path(database.removeprefix(SQLITE)) if database.startswith(SQLITE) else None
