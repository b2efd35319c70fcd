"""What else happened in the made-up company: deployments, changes, maintenance, events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from headwater.model.history import HistoryRecord
from headwater.sources.demo.cast import APP_HOSTS, DATA_HOSTS, PEOPLE, Actor
from headwater.sources.demo.incidents import DAY, HOUR, INCIDENTS, MINUTE

SPAN = 14 * DAY
QUIET = 4 * HOUR
"""Before the end only the incident's own deployment touches what it touches."""
_CHANGES = (
    ("change", "low", "Raise the memory limit"),
    ("change", "low", "Rotate the database password"),
    ("change", "info", "Switch on a feature flag for 5 % of customers"),
    ("change", "info", "Lower the log level to warning"),
    ("event", "medium", "Restarted after a failed health check"),
    ("event", "info", "Scaled out from 4 to 6 instances"),
)


def history(cast: tuple[Actor, ...], now: datetime, *, seed: int) -> Iterator[HistoryRecord]:
    """Give everyday entries of two weeks, oldest first for each item."""
    touched = {effect.ci for one in INCIDENTS for effect in one.effects}
    for actor in cast:
        dice = Random(f"{seed}:history:{actor.name}")  # noqa: S311 - a made-up estate, not a secret
        latest = now - (QUIET if actor.name in touched else HOUR)
        if actor.type == "service":
            yield from _deployments(actor, now, latest=latest, dice=dice)
        yield from _changes(actor, now, latest=latest, dice=dice)
    for host in (*APP_HOSTS, *DATA_HOSTS):
        dice = Random(f"{seed}:history:{host}")  # noqa: S311
        start = now - SPAN + dice.randrange(1, 12) * DAY + dice.randrange(60) * MINUTE
        yield HistoryRecord(
            ci=host,
            kind="maintenance",
            at=start,
            ended_at=start + dice.randrange(20, 90) * MINUTE,
            severity="info",
            title=f"Kernel update of {host}",
            actor="platform-automation",
            attributes={"reboot": True},
        )


def deployed_at(actor: Actor, now: datetime, *, seed: int) -> list[datetime]:
    """Return when a service was deployed, which is also when its counters began again."""
    every = history((actor,), now, seed=seed)
    return [one.at for one in every if one.kind == "deployment" and one.ci == actor.name]


def _deployments(
    actor: Actor, now: datetime, *, latest: datetime, dice: Random
) -> Iterator[HistoryRecord]:
    major, minor = dice.randrange(1, 6), dice.randrange(2, 40)
    at = now - SPAN + timedelta(seconds=dice.randrange(4 * 24 * 3600))
    while at < latest:
        minor += 1
        yield HistoryRecord(
            ci=actor.name,
            kind="deployment",
            at=at,
            severity="info",
            title=f"Deploy {actor.name} {major}.{minor}.0",
            actor=dice.choice(PEOPLE),
            attributes={"version": f"{major}.{minor}.0", "commit": f"{dice.randrange(16**8):08x}"},
        )
        at += timedelta(seconds=dice.randrange(2 * 24 * 3600, 7 * 24 * 3600))


def _changes(
    actor: Actor, now: datetime, *, latest: datetime, dice: Random
) -> Iterator[HistoryRecord]:
    for _ in range(dice.randrange(3)):
        at = now - timedelta(seconds=dice.randrange(int(SPAN.total_seconds())))
        kind, severity, title = dice.choice(_CHANGES)
        if at < latest:
            yield HistoryRecord(
                ci=actor.name,
                kind=kind,
                at=at,
                severity=severity,
                title=title,
                actor=dice.choice(PEOPLE) if kind == "change" else "monitoring",
            )
