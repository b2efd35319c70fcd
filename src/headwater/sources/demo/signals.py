"""How the made-up company's metrics ran over two weeks: a daily rhythm, noise, and incidents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import cos, exp, pi
from random import Random

from headwater.model.metric import MetricRecord, SampleRecord
from headwater.sources.demo.cast import APP_HOSTS, DATA_HOSTS, Actor
from headwater.sources.demo.changes import SPAN, deployed_at
from headwater.sources.demo.incidents import DAY, INCIDENTS, Effect
from headwater.sources.instants import to_us

STEP_S = 300
OLD_STEP_S = 1200
FINE = 3 * DAY
"""Older samples are kept at 20 minutes, as metric services do; the newest three days at 5."""

METRICS = (
    MetricRecord(name="latency_ms", unit="ms"),
    MetricRecord(name="error_rate", unit="percent"),
    MetricRecord(name="request_rate", unit="requests/s"),
    MetricRecord(name="requests_total", unit="requests", kind="counter"),
    MetricRecord(name="cpu_utilization", unit="percent"),
    MetricRecord(name="memory_utilization", unit="percent"),
    MetricRecord(name="disk_usage", unit="percent"),
    MetricRecord(name="connections", unit="connections"),
    MetricRecord(name="queue_depth", unit="messages"),
)
PERCENT = frozenset({"error_rate", "cpu_utilization", "memory_utilization", "disk_usage"})
COUNTED = ("web-storefront", "api-gateway", "checkout-api", "orders-api", "payments-api",
           "catalog-api", "search-api", "cart-api")  # fmt: skip
REMEMBERED = ("email-worker", "checkout-api", "orders-api", "payments-api")
Shape = Callable[[float, float], float]
"""Takes the load (about 0.3 at night, 1 at noon) and a die's throw (about -3 to 3)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """When samples were taken, oldest first, and how busy the company was then."""

    at_s: list[int]
    load: list[float]


def samples(cast: tuple[Actor, ...], now: datetime, *, seed: int) -> Iterator[SampleRecord]:
    """Give every sample, a series after the other, each in order of time."""
    grid = grid_until(now)
    for ci, metric, shape in _shapes(cast, seed=seed):
        effects = [
            one
            for each in INCIDENTS
            for one in each.effects
            if (one.ci, one.metric) == (ci, metric)
        ]
        yield from _series(ci, metric, grid, shape=shape, effects=effects, now=now, seed=seed)
    for actor in cast:
        if actor.name in COUNTED:
            yield from _counter(actor, grid, now=now, seed=seed)


def grid_until(now: datetime) -> Grid:
    """Return the instants of two weeks up to `now`, on whole steps."""
    last_s = to_us(now) // 1_000_000 // STEP_S * STEP_S
    first_s, fine_s = last_s - int(SPAN.total_seconds()), last_s - int(FINE.total_seconds())
    at_s = [
        *range(first_s - first_s % OLD_STEP_S, fine_s, OLD_STEP_S),
        *range(fine_s, last_s + 1, STEP_S),
    ]
    return Grid(at_s, [_load(one) for one in at_s])


def _load(at_s: int) -> float:
    hour = at_s / 3600 % 24
    weekday = (at_s // 86400 + 3) % 7
    rhythm = 0.62 - 0.32 * cos(2 * pi * (hour - 3) / 24) + 0.12 * exp(-((hour - 20) ** 2) / 4)
    return rhythm * (0.82 if weekday >= 5 else 1.0)  # noqa: PLR2004 - Saturday and Sunday


def _shapes(cast: tuple[Actor, ...], *, seed: int) -> Iterator[tuple[str, str, Shape]]:
    for actor in cast:
        dice = Random(f"{seed}:shape:{actor.name}")  # noqa: S311 - a made-up estate, not a secret
        yield from _SHAPES[actor.type](actor, dice.uniform(0.8, 1.2))
    for host in (*APP_HOSTS, *DATA_HOSTS):
        own = Random(f"{seed}:shape:{host}").uniform(0.8, 1.2)  # noqa: S311
        yield host, "cpu_utilization", _line(12 * own, 38 * own, 2.5)
        yield host, "memory_utilization", _line(48 * own, 8, 0.8)
        yield host, "disk_usage", _line(44 * own, 0.5, 0.15)


def _service(actor: Actor, own: float) -> Iterator[tuple[str, str, Shape]]:
    yield actor.name, "latency_ms", _busy(actor.latency_ms)
    yield (
        actor.name,
        "error_rate",
        lambda load, die: 0.25 * own * exp(0.5 * die) * (0.7 + 0.3 * load),
    )
    yield actor.name, "request_rate", lambda load, die: actor.rate * load * (1 + 0.05 * die)
    yield actor.name, "cpu_utilization", _line(9 * own, 34 * own, 2.2)
    if actor.name in REMEMBERED:
        yield actor.name, "memory_utilization", _line(42 * own, 5, 0.7)


def _database(actor: Actor, own: float) -> Iterator[tuple[str, str, Shape]]:
    yield actor.name, "latency_ms", _busy(actor.latency_ms)
    yield actor.name, "cpu_utilization", _line(8 * own, 26 * own, 1.8)
    yield actor.name, "connections", lambda load, die: round(18 + 40 * own * load + 2 * die)
    yield actor.name, "disk_usage", _line(52 * own, 0.5, 0.1)


def _cache(actor: Actor, own: float) -> Iterator[tuple[str, str, Shape]]:
    yield actor.name, "cpu_utilization", _line(5 * own, 18 * own, 1.2)
    yield actor.name, "memory_utilization", _line(61 * own, 4, 0.6)


def _queue(actor: Actor, own: float) -> Iterator[tuple[str, str, Shape]]:
    yield (
        actor.name,
        "queue_depth",
        lambda load, die: round(actor.rate * own * load * exp(0.4 * die)),
    )


_SHAPES = {"service": _service, "database": _database, "cache": _cache, "queue": _queue}


def _line(base: float, rise: float, noise: float) -> Shape:
    return lambda load, die: base + rise * load + noise * die


def _busy(latency_ms: float) -> Shape:
    return lambda load, die: latency_ms * (0.8 + 0.3 * load) * exp(0.07 * die)


def _series(
    ci: str,
    metric: str,
    grid: Grid,
    *,
    shape: Shape,
    effects: list[Effect],
    now: datetime,
    seed: int,
) -> Iterator[SampleRecord]:
    random = Random(f"{seed}:{ci}:{metric}").random  # noqa: S311
    until_s = now.timestamp()
    most = 100.0 if metric in PERCENT else float("inf")
    for at_s, load in zip(grid.at_s, grid.load, strict=True):
        # Three throws make a bell near enough, of deviation 1, at half the cost of a true one.
        value = shape(load, 2.0 * (random() + random() + random()) - 3.0)
        for effect in effects:
            value = _under(effect, value, before=until_s - at_s)
        yield metric, ci, at_s * 1_000_000, round(min(max(value, 0.0), most), 2)


def _under(effect: Effect, value: float, *, before: float) -> float:
    start_s, end_s = effect.start.total_seconds(), effect.end.total_seconds()
    if not end_s <= before < start_s:
        return value
    share = min((start_s - before) / effect.ramp.total_seconds(), 1.0)
    return value * (1 + (effect.factor - 1) * share) + effect.add * share


def _counter(actor: Actor, grid: Grid, *, now: datetime, seed: int) -> Iterator[SampleRecord]:
    """Give a counter that begins again at each deployment."""
    resets = [one.timestamp() for one in deployed_at(actor, now, seed=seed)]
    throw = Random(f"{seed}:{actor.name}:requests_total").gauss  # noqa: S311
    total, earlier_s = 1_000_000, grid.at_s[0] - OLD_STEP_S
    for at_s, load in zip(grid.at_s, grid.load, strict=True):
        while resets and resets[0] <= at_s:
            total, earlier_s = 0, max(earlier_s, int(resets.pop(0)))
        total += max(
            round(actor.rate * load * (1 + 0.05 * throw(0.0, 1.0)) * (at_s - earlier_s)), 0
        )
        earlier_s = at_s
        yield "requests_total", actor.name, at_s * 1_000_000, float(total)
