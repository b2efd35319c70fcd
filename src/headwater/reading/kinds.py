"""The words for kinds of things, groups and histories, as data; it reads no question."""

from __future__ import annotations

EVERYTHING = frozenset(
    [
        "item",
        "items",
        "thing",
        "things",
        "asset",
        "assets",
        "ci",
        "cis",
        "everything",
        "all",
        "resource",
        "resources",
        "entity",
        "entities",
        "object",
        "objects",
        "component",
        "components",
        "configuration-items",
        "inventory",
        "stuff",
    ]
)
"""Words that mean every configuration item, whatever its type."""

SYNONYMS = {
    "device": ("device", "host", "server", "machine", "node", "switch", "router"),
    "server": ("server", "host", "machine", "virtual machine", "vm", "node", "device"),
    "host": ("host", "server", "machine", "node", "device", "virtual machine"),
    "machine": ("machine", "host", "server", "virtual machine", "vm", "device"),
    "vm": ("vm", "virtual machine", "virtual_machine", "virtual-machine", "virtualmachine"),
    "virtual machine": ("virtual machine", "vm", "virtual_machine", "virtual-machine"),
    "database": ("database", "db", "datastore"),
    "db": ("db", "database", "datastore"),
    "app": ("app", "application", "service"),
    "application": ("application", "app", "service"),
    "service": ("service", "microservice", "application"),
    "microservice": ("microservice", "service"),
    "queue": ("queue", "message queue", "topic", "stream"),
    "topic": ("topic", "queue", "stream"),
    "team": ("team", "group", "tenant"),
    "site": ("site", "location", "datacenter", "data center"),
    "datacenter": ("datacenter", "data center", "site"),
    "data center": ("data center", "datacenter", "site"),
    "interface": ("interface", "port", "nic"),
    "disk": ("disk", "file system", "filesystem", "volume"),
    "filesystem": ("filesystem", "file system", "file_system", "disk"),
}
"""What else a type may be called; only the first that the estate knows is taken."""

TYPE_WORDS = frozenset(
    [
        "service",
        "server",
        "host",
        "rack",
        "device",
        "switch",
        "router",
        "database",
        "queue",
        "vm",
        "machine",
        "node",
        "cluster",
        "site",
        "team",
        "app",
        "application",
        "pod",
        "container",
        "rule",
        "alert",
        "microservice",
        "topic",
        "location",
        "circuit",
        "interface",
        "process",
        "gateway",
        "cache",
        "customer",
        "tenant",
        "region",
        "owner",
        "component",
        "system",
        "the",
    ]
)
"""Words that say what a name is the name of: "service checkout-api", "rack R101"."""

ADJECTIVES = {
    "critical": ("criticality", "critical"),
    "important": ("criticality", "high"),
    "active": ("status", "active"),
    "inactive": ("status", "inactive"),
    "offline": ("status", "offline"),
    "planned": ("status", "planned"),
    "decommissioned": ("status", "decommissioned"),
    "production": ("tags.environment", "production"),
}
"""Words before a kind of thing, where the estate's own words do not know them."""

GROUPS = {
    "site": ("tags.site", "location"),
    "location": ("location", "tags.location"),
    "place": ("location",),
    "room": ("tags.room", "location"),
    "datacenter": ("tags.datacenter", "location"),
    "data center": ("tags.datacenter", "location"),
    "data centre": ("tags.datacenter", "location"),
    "dc": ("tags.dc", "location"),
    "region": ("tags.region", "location"),
    "zone": ("tags.zone", "location"),
    "city": ("tags.city", "location"),
    "rack": ("tags.rack", "location"),
    "building": ("tags.building", "location"),
    "owner": ("owner", "tags.owner"),
    "team": ("owner", "tags.team"),
    "tenant": ("tags.tenant", "owner"),
    "customer": ("tags.customer", "tags.tenant", "owner"),
    "type": ("type",),
    "kind": ("type",),
    "class": ("type",),
    "subtype": ("subtype",),
    "role": ("tags.role", "subtype", "category"),
    "model": ("tags.model", "subtype"),
    "vendor": ("tags.vendor", "tags.manufacturer"),
    "manufacturer": ("tags.manufacturer", "tags.vendor"),
    "category": ("category",),
    "status": ("status",),
    "state": ("status",),
    "criticality": ("criticality",),
    "priority": ("criticality", "tags.priority"),
    "tier": ("tags.tier", "criticality"),
    "importance": ("criticality",),
    "source": ("source",),
    "environment": ("tags.environment", "tags.env"),
    "env": ("tags.env", "tags.environment"),
}
"""Where a group's word may be found, the likeliest first; another word is taken for a tag."""

TOLD_APART_BY = {"rack": "location", "room": "location"}
"""Groups whose names recur from place to place: every site may have a rack R1."""

FIELDS = {
    "owner": "owner", "team": "owner", "location": "location", "place": "location",
    "site": "location", "status": "status", "state": "status", "type": "type", "kind": "type",
    "criticality": "criticality", "priority": "criticality", "category": "category",
    "subtype": "subtype", "role": "subtype", "code": "code", "id": "id", "name": "name",
    "source": "source", "tags": "tags", "attributes": "attributes",
}  # fmt: skip
"""Columns of an item that a question may ask for by name."""

HISTORY_KINDS = {
    "deployment": ("deployment",), "deploy": ("deployment",), "release": ("deployment",),
    "rollout": ("deployment",), "deployed": ("deployment",), "released": ("deployment",),
    "incident": ("incident",), "outage": ("incident",),
    "maintenance": ("maintenance",), "maintenance window": ("maintenance",),
    "alert": ("alert",),
}  # fmt: skip
"""History kinds by the words that mean only them; other words mean every kind."""

SEVERITY_WORDS = {
    "critical": "critical", "severe": "high", "major": "high", "high": "high", "serious": "high",
    "medium": "medium", "minor": "low", "low": "low",
}  # fmt: skip

OFF_TOPIC = frozenset(
    [
        "weather",
        "forecast",
        "rain",
        "joke",
        "poem",
        "song",
        "story",
        "recipe",
        "capital",
        "president",
        "news",
        "stock",
        "stocks",
        "football",
        "soccer",
        "score",
        "movie",
        "film",
        "music",
        "lyrics",
        "translate",
        "translation",
        "love",
        "life",
        "meaning",
        "universe",
        "homework",
        "essay",
        "haiku",
        "birthday",
        "holiday",
        "horoscope",
        "lottery",
        "bitcoin",
        "dinner",
        "lunch",
        "restaurant",
        "hello",
        "hi",
        "thanks",
        "philosophy",
        "religion",
        "war",
        "country",
        "sonnet",
        "limerick",
    ]
)
"""Words of questions outside the field, unless something in the estate is called so."""


def singular(word: str) -> str:
    """Return a plural's singular where its ending gives it away, else the word."""
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "os")) and len(word) > 2:  # noqa: PLR2004
        return word[:-1]
    return word
