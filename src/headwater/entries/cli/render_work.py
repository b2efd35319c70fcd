"""How teams, projects, items of work and sessions look in a terminal; it fetches none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.render_table import draw_page, draw_table, facts_grid
from headwater.entries.cli.text import clean
from headwater.entries.cli.zone import Times, zone_name

Value = Mapping[str, Any]
Drawn = list[RenderableType]
STYLES = {"blocked": "bold red", "in_progress": "bold yellow", "done": "green", "active": "green"}


def draw_teams(value: Value, look: Look) -> Drawn:
    """Return the teams that somebody sees."""
    rows = [[one["id"], one["name"], one["description"]] for one in value["teams"]]
    return draw_page(
        ["id", "team", "what for"], rows, total=value["total"], look=look, none="no teams yet"
    )


def draw_team(value: Value, look: Look) -> Drawn:
    """Return a team and who is in it."""
    head = _head("TEAM", value["id"], value["name"])
    rows = [[one["person"], one["role"], one["email"]] for one in value.get("members", ())]
    members = draw_table(["person", "role", "mail"], rows, width=look.width) if rows else []
    return [head, *_facts({"what for": value["description"]}), *members]


def draw_invitation(value: Value, look: Look) -> Drawn:
    """Return an invitation, whose code is to be handed on."""
    until = _times(look, value["expires_at"])
    facts = {
        "code": value["code"],
        "team": value["team"],
        "role": value["role"],
        "uses": f"{value['used']} of {value['uses']}",
        f"until ({zone_name(look.zone)})": until,
    }
    return [_head("INVITATION", value["id"], ""), *_facts(facts)]


def draw_projects(value: Value, look: Look) -> Drawn:
    """Return projects, the newest first."""
    rows = [
        [one["id"], one["name"], one["status"], _percent(one["progress"]), _names(one["items"])]
        for one in value["projects"]
    ]
    columns = ["id", "project", "status", "done", "about"]
    return draw_page(columns, rows, total=value["total"], look=look, none="no projects yet")


def draw_project(value: Value, look: Look) -> Drawn:
    """Return a project."""
    facts = {
        "status": value["status"],
        "done": _percent(value["progress"]),
        "what": value["description"],
        "about": _names(value["items"]),
        "repository": value["repository"],
        "constraints": "; ".join(value["constraints"]) or None,
        "tags": ", ".join(f"{key}={tag}" for key, tag in value["tags"].items()) or None,
        f"changed ({zone_name(look.zone)})": _times(look, value["updated_at"]),
        "version": value["version"],
    }
    return [_head("PROJECT", value["id"], value["name"]), *_facts(facts)]


def draw_items(value: Value, look: Look) -> Drawn:
    """Return items of work, the most urgent first."""
    return draw_page(
        *_work_rows(value["items"]), total=value["total"], look=look, none="nothing to do"
    )


def draw_item(value: Value, look: Look) -> Drawn:
    """Return an item of work."""
    facts = {
        "status": value["status"],
        "blocked by": value["blocker"],
        "kind": value["kind"],
        "priority": value["priority"],
        "who": value["assignee"],
        "due": value["due"],
        "what": value["description"],
        "about": _names(value["items"]),
        "parts": f"{value['children']}, {_percent(value['progress'])}"
        if value["children"]
        else None,
        "part of": value["parent"],
        "project": value["project"],
        "runs": ", ".join(value["runs"]) or None,
        "issue": value["issue"],
        "pull request": value["pull_request"],
        f"changed ({zone_name(look.zone)})": _times(look, value["updated_at"]),
        "version": value["version"],
    }
    return [_head("ITEM", value["id"], value["title"]), *_facts(facts)]


def draw_dependency(value: Value, look: Look) -> Drawn:
    """Return what hangs on what."""
    del look
    return [Text(f"● {value['source']} {value['type']} {value['target']}")]


def draw_sessions(value: Value, look: Look) -> Drawn:
    """Return sessions, the newest first."""
    times = Times(look.zone, [_at(one["started_at"]) for one in value["sessions"]], look.today)
    rows = [
        [
            one["id"],
            one["goal"],
            ", ".join(one["participants"]) or one["started_by"],
            times.show(_at(one["started_at"])),
            "ended" if one["ended_at"] else "open",
        ]
        for one in value["sessions"]
    ]
    columns = ["id", "goal", "who", f"started ({zone_name(look.zone)})", ""]
    return draw_page(columns, rows, total=value["total"], look=look, none="no sessions yet")


def draw_session(value: Value, look: Look) -> Drawn:
    """Return a session with its notes, and its summary once it has ended."""
    facts = {
        "project": value["project"],
        "who": ", ".join(value["participants"]) or value["started_by"],
        f"started ({zone_name(look.zone)})": _times(look, value["started_at"]),
        "ended": value["ended_at"] and _times(look, value["ended_at"]),
        "runs": ", ".join(value["runs"]) or None,
    }
    notes = [
        Text(f"  {'✓' if one['done'] else '·'} {clean(one['text'])} ({clean(one['by'])})")
        for one in value["notes"]
    ]
    lines = (value["summary"] or "").splitlines()
    summary: Drawn = ["", *(Text(clean(line)) for line in lines)] if lines else []
    return [_head("SESSION", value["id"], value["goal"]), *_facts(facts), *notes, *summary]


def draw_activity(value: Value, look: Look) -> Drawn:
    """Return what happened, in order."""
    done = value["activities"]
    if not done:
        return [Text("nothing happened since", style="dim")]
    times = Times(look.zone, [_at(one["at"]) for one in done], look.today)
    rows = [
        [one["seq"], times.show(_at(one["at"])), one["actor"], one["kind"], one["title"]]
        for one in done
    ]
    columns = ["", zone_name(look.zone), "who", "what", "of"]
    return draw_table(columns, rows, width=look.width)


def draw_resume(value: Value, look: Look) -> Drawn:
    """Return where a project stopped: what was done, what is next and what stands in the way."""
    project, session = value["project"], value["session"]
    drawn = draw_project(project, look)
    drawn += _under("done last", draw_activity({"activities": value["last"]}, look))
    if session is not None:
        drawn += ["", *draw_session(session, look)]
    drawn += _under("next", draw_items({"items": value["next"], "total": len(value["next"])}, look))
    if value["held"]:
        drawn += _under("held", [_held(one) for one in value["held"]])
    if value["constraints"]:
        drawn += _under("to keep to", [Text(f"  · {clean(one)}") for one in value["constraints"]])
    if value["alerts"]:
        drawn += _under("open alerts", [_alert(one) for one in value["alerts"]])
    if value["runs"]:
        rows = [[one["run"], one["status"], one["why"], one["text"]] for one in value["runs"]]
        columns = ["run", "status", "why", "question"]
        drawn += _under("worth another look", draw_table(columns, rows, width=look.width))
    return drawn


def draw_gone(value: Value, look: Look) -> Drawn:
    """Return that something is there no more."""
    del look
    name = value.get("title") or value.get("name") or value.get("id")
    return [Text(f"deleted: {clean(str(name))}")]


def _under(words: str, drawn: Sequence[RenderableType]) -> Drawn:
    return ["", Text(words, style="bold"), *drawn]


def _held(value: Value) -> Text:
    item, waits = value["item"], ", ".join(map(str, value["waits_for"]))
    why = value["blocker"] or (f"waits for {waits}" if waits else "blocked")
    return Text(f"  · {item['id']} {clean(item['title'])}: {clean(why)}")


def _alert(value: Value) -> Text:
    ci, words = value["ci"]["code"], value["title"]
    return Text(f"  · {clean(ci)}: {clean(words)} ({value['severity'] or 'no severity'})")


def _work_rows(items: Iterable[Value]) -> tuple[list[str], list[list[Any]]]:
    rows = [
        [
            one["id"],
            one["title"],
            Text(one["status"], STYLES.get(one["status"], "")).plain,
            one["priority"],
            one["assignee"],
            one["due"],
            _names(one["items"]),
        ]
        for one in items
    ]
    return ["id", "item", "status", "prio", "who", "due", "about"], rows


def _head(kind: str, number: int, name: str) -> Text:
    head = Text(f"● {kind} {number}", style="bold")
    head.append(f"  {clean(name)}", style="not bold")
    return head


def _facts(facts: Mapping[str, Any]) -> Drawn:
    grid = facts_grid(most_name=24)
    for name, value in facts.items():
        if value is not None:
            grid.add_row(Text(name), Text(clean(str(value)), STYLES.get(str(value), "")))
    return [grid]


def _names(items: Iterable[Value]) -> str | None:
    return ", ".join(one["code"] for one in items) or None


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _times(look: Look, written: str) -> str:
    at = _at(written)
    return Times(look.zone, [at], look.today).show(at)


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written)
