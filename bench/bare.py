"""What the same answers cost in SQL written by hand, on the same database; no tool is used.

Each function takes a connection of `sqlite3` and a tool's arguments, and reads what the tool's
answer holds: for a page also its true total, for a graph also the names of its nodes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

TENANT = "default"
COLUMNS = (
    "c.id, c.code, c.name, c.type, c.subtype, c.category, c.status, c.criticality, c.owner, "
    "c.location, c.source, c.source_key, c.created_at, c.updated_at, c.tags, c.attributes"
)
LIVE = "c.tenant_id = 'default' AND c.deleted_at IS NULL"
ITEMS = f"SELECT {COLUMNS} FROM configuration_item c WHERE {LIVE}"
NODE = "c.id, c.code, c.name, c.type, c.status, c.criticality"
RELATION = "relation r WHERE r.tenant_id = 'default'"
DEPENDENCY = ("depends_on", "runs_on", "deployed_on", "uses", "connected_to")
Bare = Callable[[sqlite3.Connection, dict[str, Any]], object]


def search(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    words = (f'"{args["keywords"][0]}" *',)
    found = (
        "FROM item_text t CROSS JOIN configuration_item c ON c.id = t.rowid "
        f"WHERE t.item_text MATCH ? AND {LIVE}"
    )
    page = connection.execute(
        f"SELECT {COLUMNS} {found} ORDER BY c.id LIMIT {args.get('limit', 10)}", words
    )
    rows = page.fetchall()
    return rows, connection.execute(f"SELECT count(*) {found}", words).fetchone()


def filtered(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    values = [one["value"] for one in args["filters"]]
    where = " ".join(f"AND c.{one['field']} = ?" for one in args["filters"])
    order = "c.name, c.id" if "sort" in args else "c.id"
    page = connection.execute(
        f"{ITEMS} {where} ORDER BY {order} LIMIT {args.get('limit', 10)}", values
    )
    rows = page.fetchall()
    count = f"SELECT count(*) FROM configuration_item c WHERE {LIVE} {where}"
    return rows, connection.execute(count, values).fetchone()


def get(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    return connection.execute(f"{ITEMS} AND c.id = ?", (args["id"],)).fetchone()


def get_by_code(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    return connection.execute(f"{ITEMS} AND c.code = ?", (args["code"],)).fetchone()


def aggregate(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    (owner,) = (one["value"] for one in args["filters"])
    statement = (
        f"SELECT c.type, count(*) FROM configuration_item c WHERE {LIVE} AND c.owner = ? "
        "GROUP BY c.type ORDER BY 2 DESC, 1"
    )
    return connection.execute(statement, (owner,)).fetchall()


def _series(connection: sqlite3.Connection, metric: str, code: str) -> int:
    statement = (
        "SELECT s.id FROM configuration_item c "
        "JOIN series s ON s.tenant_id = c.tenant_id AND s.ci_id = c.id "
        "JOIN metric m ON m.id = s.metric_id "
        f"WHERE {LIVE} AND c.code = ? AND m.tenant_id = 'default' AND m.name = ?"
    )
    number: int = connection.execute(statement, (code, metric)).fetchone()[0]
    return number


def _span(window: str) -> tuple[int, int]:
    start, end = (int(datetime.fromisoformat(part).timestamp()) for part in window.split("/"))
    return start * 1_000_000, end * 1_000_000


SAMPLES = "FROM sample WHERE tenant_id = 'default' AND series_id = ? AND at >= ? AND at < ?"


def percentile(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    series = _series(connection, args["metric"], args["ci_ids"][0])
    statement = f"SELECT value {SAMPLES} ORDER BY value"
    values = [row[0] for row in connection.execute(statement, (series, *_span(args["window"])))]
    at = 0.95 * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return len(values), values[low] + (values[high] - values[low]) * (at - low)


def average(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    (location,) = (one["value"] for one in args["filters"])
    statement = (
        "SELECT avg(p.value), count(*), count(DISTINCT p.series_id) FROM metric m "
        "JOIN series s ON s.tenant_id = m.tenant_id AND s.metric_id = m.id "
        "JOIN configuration_item c ON c.id = s.ci_id "
        "JOIN sample p ON p.tenant_id = s.tenant_id AND p.series_id = s.id "
        "AND p.at >= ? AND p.at < ? "
        f"WHERE m.tenant_id = 'default' AND m.name = ? AND {LIVE} AND c.location = ?"
    )
    start, end = _span(args["window"])
    return connection.execute(statement, (start, end, args["metric"], location)).fetchone()


def points(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    series = _series(connection, args["metric"], args["ci"])
    span = (series, *_span(args["window"]))
    return connection.execute(f"SELECT at, value {SAMPLES} ORDER BY at", span).fetchall()


def buckets(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    series = _series(connection, args["metric"], args["ci"])
    start, end = _span(args["window"])
    step = int(args["step_s"] * 1_000_000)
    statement = f"SELECT (at - {start}) / {step}, avg(value) {SAMPLES} GROUP BY 1 ORDER BY 1"
    return connection.execute(statement, (series, start, end)).fetchall()


def expand(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    at, to = ("target_id", "source_id") if args["view"] == "impact" else ("source_id", "target_id")
    types = ", ".join(f"'{one}'" for one in DEPENDENCY)
    walk = (
        "WITH RECURSIVE walk(id, depth) AS (SELECT ?, 0 UNION "
        f"SELECT r.{to}, walk.depth + 1 FROM walk CROSS JOIN relation r ON r.tenant_id = 'default' "
        f"AND r.{at} = walk.id AND r.type IN ({types}) "
        "WHERE walk.depth < ? AND EXISTS "
        f"(SELECT 1 FROM configuration_item c WHERE c.id = r.{to} AND {LIVE})) "
        "SELECT c.id, c.code, c.name, c.type, c.status, c.criticality, min(walk.depth) "
        "FROM walk CROSS JOIN configuration_item c ON c.id = walk.id GROUP BY walk.id"
    )
    nodes = connection.execute(walk, (args["root"], args["depth"])).fetchall()
    ids = [row[0] for row in nodes]
    holes = ", ".join("?" * len(ids))
    among = (
        f"SELECT r.id, r.source_id, r.target_id, r.type FROM {RELATION} "
        f"AND r.source_id IN ({holes}) AND +r.target_id IN ({holes}) "
        f"AND +r.type IN ({types}) ORDER BY +r.id"
    )
    return nodes, connection.execute(among, (*ids, *ids)).fetchall()


def path(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    """Search from both ends, the smaller frontier first, then name what is on the path."""
    ends = ({args["source"]: 0}, {args["target"]: 0})
    frontiers = [{args["source"]}, {args["target"]}]
    hops = 0
    while not (meeting := frontiers[0] & frontiers[1]):
        if hops == args["max_hops"] or not all(frontiers):
            return None
        side = 0 if len(frontiers[0]) <= len(frontiers[1]) else 1
        holes = ", ".join("?" * len(frontiers[side]))
        rows = connection.execute(
            f"SELECT r.source_id, r.target_id FROM {RELATION} AND r.source_id IN ({holes}) "
            "UNION ALL "
            f"SELECT r.target_id, r.source_id FROM {RELATION} AND r.target_id IN ({holes})",
            (*frontiers[side], *frontiers[side]),
        )
        came = ends[side]
        frontiers[side] = set()
        for at, to in rows:
            if to not in came:
                came[to] = at
                frontiers[side].add(to)
        hops += 1
    middle = min(meeting)
    found = [middle]
    for came in ends:
        while came[found[-1]]:
            found.append(came[found[-1]])
        found.reverse()
    holes = ", ".join("?" * len(found))
    named = f"SELECT {NODE} FROM configuration_item c WHERE {LIVE} AND c.id IN ({holes})"
    steps = (
        f"SELECT r.id, r.type, r.source_id, r.target_id FROM {RELATION} "
        f"AND r.source_id IN ({holes}) AND +r.target_id IN ({holes})"
    )
    nodes = connection.execute(named, found).fetchall()
    return len(found) - 1, nodes, connection.execute(steps, (*found, *found)).fetchall()


def history_of_one(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    return _history(connection, args, "AND c.code = ?", args["ci_ids"])


def history_of_all(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    return _history(connection, args, "", [])


def _history(
    connection: sqlite3.Connection, args: dict[str, Any], where: str, values: list[Any]
) -> object:
    found = (
        "FROM history_entry h JOIN configuration_item c ON c.id = h.ci_id "
        f"WHERE h.tenant_id = 'default' AND h.at >= ? AND h.at < ? AND {LIVE} {where}"
    )
    given = (*_span(args["window"]), *values)
    columns = (
        "h.id, c.id, c.code, c.name, h.kind, h.at, h.ended_at, h.severity, h.title, h.summary, "
        "h.actor, h.attributes"
    )
    page = f"SELECT {columns} {found} ORDER BY h.at DESC, h.id DESC LIMIT 50"
    rows = connection.execute(page, given).fetchall()
    return rows, connection.execute(f"SELECT count(*) {found}", given).fetchone()


def simulate(connection: sqlite3.Connection, args: dict[str, Any]) -> object:
    rule = args["rule"]
    series = _series(connection, rule["metric"], rule["ci"])
    window_us = int(rule["window_s"] * 1_000_000)
    statement = (
        "SELECT at, value, mean > ? FROM (SELECT at, value, avg(value) OVER "
        f"(ORDER BY at RANGE BETWEEN {window_us - 1} PRECEDING AND CURRENT ROW) AS mean {SAMPLES})"
    )
    given = (rule["threshold"], series, *_span(args["period"]))
    return connection.execute(statement, given).fetchall()
