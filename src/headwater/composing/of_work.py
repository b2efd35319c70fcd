"""How work is put: what is open, who is on it, where one stopped; it plans no work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.composing.telling import clock, count, instant
from headwater.composing.view import Part, View, nothing
from headwater.model.block import Block, TableBlock, TextBlock, TimelineBlock

STEP = "work"
COLUMNS = ("id", "kind", "title", "status", "priority", "assignee", "due")
MOST_SAID = 3
MOST_LAST = 5
SAID = {"in_progress": "in progress"}
Row = Mapping[str, Any]


def compose_work(view: View) -> Part:
    """Say what is open for an item, who works on it, or where the asker stopped."""
    value = view.value(STEP)
    if value is None:
        return nothing(view, STEP)
    composers = {"open": _open, "resume": _resume, "who": _who}
    return composers[str(view.fact("view"))](view, value)


def open_finding(view: View) -> str | None:
    """Return what a review says of the work that is open for its item; None where there is none."""
    value = view.value(STEP) or {"total": 0, "sessions": ()}
    held = (
        ("item of work", "items of work", value["total"]),
        ("investigation", "investigations", len(value["sessions"])),
    )
    told = [count(number, one, many) for one, many, number in held if number]
    if not told:
        return None
    verb = "is" if sum(number for *_, number in held) == 1 else "are"
    return f"{' and '.join(told)} {verb} open for it.{view.ledger.mark(STEP)}"


def open_blocks(view: View) -> list[Block]:
    """Return the items of work that are open for the item of a review."""
    value = view.value(STEP)
    if not value or not value["items"]:
        return []
    cites = view.ledger.cite(STEP)
    return [_table("Open work", value["items"], total=value["total"], cites=cites)]


def _open(view: View, value: Row) -> Part:
    mark, cites, code = view.ledger.mark(STEP), view.ledger.cite(STEP), value["ci"]["code"]
    if not value["total"]:
        projects = [str(one["name"]) for one in value["projects"]]
        going_on = f"; it is part of {_listed(projects)}" if projects else ""
        return Part(f"No work that you can see is open for {code}{going_on}.{mark}")
    many = value["total"] != 1
    first = _told(value["items"][0])
    said = f"{count(value['total'], 'item')} {'are' if many else 'is'} open for {code}"
    blocks: list[Block] = [
        _table(f"Open for {code}", value["items"], total=value["total"], cites=cites)
    ]
    if value["sessions"]:
        lines = tuple(f"{one['goal']}: {_listed(one['participants'])}" for one in value["sessions"])
        blocks.append(TextBlock(title="Investigations under way", lines=lines, cites=cites))
    return Part(f"{said}; first: {first}.{mark}", tuple(blocks), (), (f"who works on {code}?",))


def _who(view: View, value: Row) -> Part:
    mark, cites, code = view.ledger.mark(STEP), view.ledger.cite(STEP), value["ci"]["code"]
    people = value["people"]
    spare = value["unassigned"]
    free = f"; {count(spare, 'open item')} assigned to nobody" if spare else ""
    ready = (f"what is open for {code}?",)
    if not people:
        return Part(f"Nobody that you can see works on {code}{free}.{mark}", (), (), ready)
    names = [str(one["person"]) for one in people]
    verb = "works" if len(names) == 1 else "work"
    block = TableBlock(
        title=f"Who works on {code}",
        columns=("person", "open items", "investigations"),
        rows=tuple((one["person"], len(one["items"]), len(one["sessions"])) for one in people),
        total=len(people),
        cites=cites,
    )
    return Part(f"{_listed(names)} {verb} on {code}{free}.{mark}", (block,), (), ready)


def _resume(view: View, value: Row) -> Part:
    mark, cites = view.ledger.mark(STEP), view.ledger.cite(STEP)
    project = value["project"]
    head = f"{project['name']} is {project['status']}, {project['progress']:.0%} done"
    ahead = f"; next: {_told(value['next'][0])}" if value["next"] else "; nothing is next"
    stuck = f"; {count(len(value['held']), 'item')} held up" if value["held"] else ""
    blocks = [
        one
        for one in (
            _session(value["session"], cites),
            _last(view, value["last"], cites),
            _next(value, cites),
            _held(value["held"], cites),
            _text("Constraints", value["constraints"], cites),
            _alerts(value["alerts"], cites),
            _runs(value["runs"], cites),
        )
        if one is not None
    ]
    return Part(f"{head}{ahead}{stuck}.{mark}", tuple(blocks))


def _session(session: Row | None, cites: tuple[int, ...]) -> Block | None:
    if session is None:
        return None
    if session["summary"]:
        return _text("Last session", str(session["summary"]).splitlines(), cites)
    notes = [f"{one['by']}: {one['text']}" for one in session["notes"]]
    return _text(f"Session: {session['goal']}", notes or ["Nothing was noted in it yet."], cites)


def _last(view: View, last: Sequence[Row], cites: tuple[int, ...]) -> Block | None:
    lines = [
        f"{clock(instant(one['at']), view.zone)} {one['actor']}: {one['kind']} {one['title']}"
        for one in last[:MOST_LAST]
    ]
    return _text("Last", lines, cites)


def _next(value: Row, cites: tuple[int, ...]) -> Block | None:
    items = value["next"]
    return _table("Next", items, total=len(items), cites=cites) if items else None


def _held(held: Sequence[Row], cites: tuple[int, ...]) -> Block | None:
    lines = []
    for one in held:
        waits = [f"item {number}" for number in one["waits_for"]]
        because = [one["blocker"]] if one["blocker"] else []
        because += [f"waits for {_listed(waits)}"] if waits else []
        lines.append(f"{_told(one['item'])}: {', '.join(because) or 'it does not say why'}")
    return _text("Held up", lines, cites)


def _alerts(alerts: Sequence[Row], cites: tuple[int, ...]) -> Block | None:
    if not alerts:
        return None
    entries = tuple(dict(one) for one in alerts)
    return TimelineBlock(title="Open alerts", entries=entries, total=len(entries), cites=cites)


def _runs(runs: Sequence[Row], cites: tuple[int, ...]) -> Block | None:
    lines = [f"{one['text']} ({one['run']}): {one['why']}" for one in runs]
    return _text("Worth looking at again", lines, cites)


def _text(title: str, lines: Sequence[Any], cites: tuple[int, ...]) -> Block | None:
    told = tuple(str(one) for one in lines)
    return TextBlock(title=title, lines=told, cites=cites) if told else None


def _table(title: str, items: Sequence[Row], *, total: int, cites: tuple[int, ...]) -> TableBlock:
    return TableBlock(
        title=title,
        columns=COLUMNS,
        rows=tuple(tuple(one[name] for name in COLUMNS) for one in items),
        total=total,
        truncated=total > len(items),
        cites=cites,
    )


def _told(item: Row) -> str:
    said = [SAID.get(item["status"], str(item["status"]))]
    said += [str(item["assignee"])] if item["assignee"] else []
    return f"{item['title']} ({', '.join(said)})"


def _listed(names: Sequence[str]) -> str:
    shown = [str(one) for one in names[:MOST_SAID]]
    more = len(names) - len(shown)
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
