"""The made-up estate: the same for the same seed and moment, with incidents one can see."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest
from gathering import gather

from headwater.analysis.trigger import parse_trigger
from headwater.sources.bundle.read import bundle_supply
from headwater.sources.bundle.write import BundleWriter
from headwater.sources.demo.cast import actors
from headwater.sources.demo.estate import write_demo
from headwater.sources.demo.incidents import INCIDENTS
from headwater.sources.demo.signals import samples
from headwater.sources.instants import to_us

NOW = datetime(2026, 3, 4, 15, 7, 42, 99, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    write_demo(BundleWriter(path), now=NOW)
    return path


@pytest.fixture(scope="module")
def series(folder: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    found: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for metric, ci, at_us, value in gather(bundle_supply(folder).samples)[0]:
        found[metric, ci].append((at_us, value))
    return found


def test_every_code_that_is_referred_to_is_there(
    folder: Path, series: dict[tuple[str, str], list[tuple[int, float]]]
) -> None:
    supply = bundle_supply(folder)
    codes = {one.code for one in gather(supply.items)[0]}
    relations, _ = gather(supply.relations)
    assert {code for one in relations for code in (one.source, one.target)} <= codes
    assert {one.ci for one in gather(supply.history)[0]} <= codes
    assert {ci for _, ci in series} <= codes
    assert {metric for metric, _ in series} == {one.name for one in gather(supply.metrics)[0]}


def test_it_is_of_the_size_that_was_promised(
    folder: Path, series: dict[tuple[str, str], list[tuple[int, float]]]
) -> None:
    types = Counter(one.type for one in gather(bundle_supply(folder).items)[0])
    assert 55 <= types["service"] <= 65
    assert 400_000 <= sum(map(len, series.values())) <= 700_000


def test_the_same_seed_and_moment_give_the_same_samples_and_another_seed_others() -> None:
    def digest(seed: int) -> str:
        few = [one for one in actors() if one.name in {"checkout-api", "orders-db"}]
        return hashlib.sha256(repr(list(samples(tuple(few), NOW, seed=seed))).encode()).hexdigest()

    assert digest(7) == digest(7) != digest(8)


@pytest.mark.slow
def test_the_same_seed_and_moment_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_demo(BundleWriter(tmp_path), now=NOW)
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name


def test_samples_end_within_five_minutes_of_the_end(
    series: dict[tuple[str, str], list[tuple[int, float]]],
) -> None:
    for points in series.values():
        assert 0 <= to_us(NOW) - points[-1][0] < 300_000_000
        assert all(before[0] < after[0] for before, after in pairwise(points))


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda one: one.code)
def test_each_incident_can_be_seen_in_its_metrics(
    incident: object, series: dict[tuple[str, str], list[tuple[int, float]]]
) -> None:
    for effect in getattr(incident, "effects", ()):
        points = series[effect.metric, effect.ci]
        middle = NOW - effect.end - (effect.start - effect.end) * 0.25
        until, since = to_us(NOW - effect.end), to_us(middle)
        during = [value for at_us, value in points if since <= at_us <= until]
        before = [
            value
            for at_us, value in points
            if since - 86_400_000_000 <= at_us <= until - 86_400_000_000
        ]
        if during and before:
            expected = mean(before) * effect.factor + effect.add
            assert abs(mean(during) - expected) < abs(mean(during) - mean(before)), effect


def test_checkout_is_slow_since_the_deployment_on_its_database(folder: Path) -> None:
    history, _ = gather(bundle_supply(folder).history)
    [deployment] = [one for one in history if one.ci == "orders-db" and one.kind == "deployment"]
    [incident] = [one for one in history if one.kind == "incident" and one.ended_at is None]
    assert incident.ci == "checkout-api"
    assert timedelta(0) < incident.at - deployment.at < timedelta(minutes=20)
    assert NOW - incident.at < timedelta(hours=2)
    assert "orders-db" not in (incident.summary or "")
    told = json.loads((folder / "incidents.json").read_text())
    assert told[-1]["cause"] == "orders-db"
    assert len(told) == 4
    edges = {(one.source, one.target) for one in gather(bundle_supply(folder).relations)[0]}
    assert {("checkout-api", "orders-api"), ("orders-api", "orders-db")} <= edges


def test_counters_only_fall_where_the_service_was_deployed(
    folder: Path, series: dict[tuple[str, str], list[tuple[int, float]]]
) -> None:
    history, _ = gather(bundle_supply(folder).history)
    deployed = Counter(one.ci for one in history if one.kind == "deployment")
    counters = {ci: points for (metric, ci), points in series.items() if metric == "requests_total"}
    for ci, points in counters.items():
        falls = sum(after[1] < before[1] for before, after in pairwise(points))
        assert 0 < falls <= deployed[ci]


def test_every_rule_has_a_trigger_that_is_understood(folder: Path) -> None:
    rules, _ = gather(bundle_supply(folder).rules)
    assert len([parse_trigger(rule.trigger) for rule in rules]) == 5
