"""How the made-up company's parts stand to each other, as items and relations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

from headwater.model.item import ItemRecord
from headwater.model.relation import RelationRecord
from headwater.sources.demo.cast import APP_HOSTS, DATA_HOSTS, SYSTEMS, TEAMS, ZONES, Actor

CLUSTER = "shop-cluster"
PLATFORM = "team-platform"
_TIER = {"critical": "1", "high": "2", "medium": "3", "low": "4"}
_NEEDS = {"service": "depends_on", "database": "depends_on", "cache": "uses", "queue": "uses"}


def items(cast: tuple[Actor, ...]) -> Iterator[ItemRecord]:
    """Give every item: actors, hosts, switches, zones, the cluster, systems and teams."""
    places = dict(_placements(cast))
    for actor in cast:
        zone = _zone_of(places[actor.name][0])
        yield ItemRecord(
            code=actor.name,
            name=actor.name,
            type=actor.type,
            subtype=actor.subtype,
            category="application" if actor.type == "service" else "data",
            status="active",
            criticality=actor.criticality,
            owner=f"team-{actor.team}",
            location=zone,
            tags={"team": actor.team, "env": "production", "tier": _TIER[actor.criticality]},
            attributes={"repository": f"shop/{actor.name}"} if actor.type == "service" else {},
        )
    for host in (*APP_HOSTS, *DATA_HOSTS):
        kind = "app" if host in APP_HOSTS else "data"
        yield ItemRecord(
            code=host,
            name=host,
            type="host",
            subtype="virtual" if kind == "app" else "physical",
            category="infrastructure",
            status="active",
            criticality="high",
            owner="team-platform",
            location=_zone_of(host),
            tags={"team": "platform", "env": "production", "role": kind},
            attributes={
                "processors": 16 if kind == "app" else 32,
                "memory_gib": 64 if kind == "app" else 256,
            },
        )
    yield from _surroundings()


def relations(cast: tuple[Actor, ...]) -> Iterator[RelationRecord]:
    """Give every relation among them."""
    types = {actor.name: actor.type for actor in cast}
    for actor in cast:
        for need in actor.needs:
            yield _relation(actor.name, _NEEDS[types[need]], need)
        yield _relation(actor.name, "owned_by", f"team-{actor.team}")
        if actor.type == "service":
            yield _relation(actor.name, "deployed_on", CLUSTER)
            yield _relation(_system_of(actor), "composed_of", actor.name)
    for name, hosts in _placements(cast):
        for host in hosts:
            yield _relation(name, "runs_on", host)
    yield from _wiring()


def _wiring() -> Iterator[RelationRecord]:
    for host in APP_HOSTS:
        yield _relation(CLUSTER, "composed_of", host)
    for host in (*APP_HOSTS, *DATA_HOSTS):
        yield _relation(host, "connected_to", f"switch-{_zone_of(host)}")
        yield _relation(host, "located_in", _zone_of(host))
    for zone in ZONES:
        yield _relation(f"switch-{zone}", "located_in", zone)
        yield _relation(f"switch-{zone}", "connected_to", "core-router")


def _system_of(actor: Actor) -> str:
    return next(system for system, teams in SYSTEMS.items() if actor.team in teams)


def _placements(cast: tuple[Actor, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the hosts of each actor: services on two in different zones, anything else on one."""
    app, data = cycle(range(len(APP_HOSTS))), cycle(DATA_HOSTS)
    for actor in cast:
        if actor.type == "service":
            first = next(app)
            second = (first + 1 + len(ZONES)) % len(APP_HOSTS)
            yield actor.name, (APP_HOSTS[first], APP_HOSTS[second])
        else:
            yield actor.name, (next(data),)


def _zone_of(host: str) -> str:
    return ZONES[int(host[-2:]) % len(ZONES)]


def _surroundings() -> Iterator[ItemRecord]:
    for zone in ZONES:
        yield ItemRecord(code=zone, name=zone, type="zone", status="active", owner=PLATFORM)
        yield _device(f"switch-{zone}", "switch", zone=zone)
    yield _device("core-router", "router", zone=None)
    yield ItemRecord(
        code=CLUSTER,
        name=CLUSTER,
        type="cluster",
        subtype="kubernetes",
        category="infrastructure",
        status="active",
        criticality="critical",
        owner=PLATFORM,
        tags={"team": "platform", "env": "production"},
    )
    for system in SYSTEMS:
        yield ItemRecord(
            code=system, name=system, type="system", category="business", status="active"
        )
    for team in TEAMS:
        yield ItemRecord(
            code=f"team-{team}",
            name=f"team-{team}",
            type="team",
            category="organisation",
            attributes={"channel": f"#{team}", "on_call": f"{team}-on-call@shop.example"},
        )


def _device(name: str, subtype: str, *, zone: str | None) -> ItemRecord:
    return ItemRecord(
        code=name,
        name=name,
        type="device",
        subtype=subtype,
        category="infrastructure",
        status="active",
        criticality="high",
        owner=PLATFORM,
        location=zone,
        tags={"team": "platform"},
    )


def _relation(source: str, type_: str, target: str) -> RelationRecord:
    return RelationRecord(source=source, target=target, type=type_)
