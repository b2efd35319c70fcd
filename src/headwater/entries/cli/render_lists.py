"""How tools, runs, an explanation, a replay and a load look in a terminal; it fetches none."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from headwater.composing.spent import spent_in_words
from headwater.composing.waterfall import waterfall
from headwater.entries.cli.look import Look
from headwater.entries.cli.render_answer import STATUS
from headwater.entries.cli.render_bars import draw_waterfall
from headwater.entries.cli.render_table import draw_table, facts_grid
from headwater.entries.cli.text import clean, shortened, span
from headwater.entries.cli.zone import Times, zone_name
from headwater.entries.wire.encode import document
from headwater.model.access import ApiKey, Tenant
from headwater.model.event import Event, RunRecord
from headwater.model.explanation import Explanation, ToolInfo
from headwater.model.load import BadLine, LoadReport
from headwater.model.replay import ReplayReport
from headwater.model.schedule import Schedule

MOST_DIFFERENCES = 20
MOST_SHOWN = 120
"""Characters of a value that differs; the whole of it is in the JSON."""
MOST_BAD_LINES = 20
MOST_FACTS = 400


def draw_tools(tools: Sequence[ToolInfo]) -> list[RenderableType]:
    """Return each tool's name, what it does and what it takes; `?` marks what may be left out."""
    drawn: list[RenderableType] = []
    for one in tools:
        if drawn:
            drawn.append("")
        drawn.append(Text(clean(one.name), style="bold"))
        drawn.append(_indented(clean(one.description)))
        drawn.append(_indented(_arguments(one.arguments), style="dim"))
    return drawn or [Text("no tools", style="dim")]


def draw_runs(runs: Sequence[RunRecord], look: Look) -> list[RenderableType]:
    """Return the runs, newest first."""
    if not runs:
        return [Text('no runs yet; ask something: headwater ask "…"', style="dim")]
    times = Times(look.zone, [one.asked_at for one in runs], look.today)
    rows = [
        [
            one.run_id,
            times.show(one.asked_at),
            one.status or "running",
            span(one.elapsed_s),
            one.text,
        ]
        for one in runs
    ]
    columns = ["run", f"at ({zone_name(look.zone)})", "status", "took", "text"]
    return draw_table(columns, rows, width=look.width, whole=1)


def draw_keys(keys: Sequence[ApiKey], look: Look) -> list[RenderableType]:
    """Return the keys, newest first: never the keys themselves, which nobody has."""
    if not keys:
        return [Text("no keys yet; make one: headwater keys create --role reader", style="dim")]
    times = Times(look.zone, [one.created_at for one in keys], look.today)
    rows = [
        [
            one.id,
            one.tenant,
            one.role,
            times.show(one.created_at),
            "never" if one.expires_at is None else times.show(one.expires_at),
            _state(one, look.today),
            one.name,
        ]
        for one in keys
    ]
    columns = ["key", "tenant", "role", f"made ({zone_name(look.zone)})", "ends", "is", "name"]
    return draw_table(columns, rows, width=look.width, whole=1)


def draw_schedules(schedules: Sequence[Schedule], look: Look) -> list[RenderableType]:
    """Return the schedules, by name."""
    if not schedules:
        return [Text("no schedules yet; make one: headwater schedules create NAME", style="dim")]
    times = Times(look.zone, [one.next_at for one in schedules if one.next_at], look.today)
    rows = [
        [
            one.name,
            one.tenant,
            one.cron,
            one.zone,
            one.kind.removesuffix("_path"),
            "never" if one.last_at is None else times.show(one.last_at),
            "" if one.next_at is None else times.show(one.next_at),
        ]
        for one in schedules
    ]
    columns = ["schedule", "tenant", "cron", "in", "does", "last", f"next ({zone_name(look.zone)})"]
    return draw_table(columns, rows, width=look.width, whole=1)


def _state(key: ApiKey, now: datetime | None) -> str:
    if key.revoked_at is not None:
        return "revoked"
    ended = now is not None and key.expires_at is not None and key.expires_at <= now
    return "ended" if ended else "in force"


def draw_tenants(tenants: Sequence[Tenant], look: Look) -> list[RenderableType]:
    """Return the tenants by name."""
    times = Times(look.zone, [one.created_at for one in tenants], look.today)
    rows = [[one.name, times.show(one.created_at)] for one in tenants]
    return draw_table(["tenant", f"made ({zone_name(look.zone)})"], rows, width=look.width, whole=1)


def draw_explanation(told: Explanation, look: Look) -> list[RenderableType]:
    """Return who asked what and when, the waterfall, and every event with its place in the code."""
    run, picture = told.run, waterfall(told.events)
    times = Times(look.zone, [run.asked_at])
    facts = [
        ("run", f"{run.run_id}  {run.kind}"),
        ("asked", clean(run.text)),
        ("at", f"{times.show(run.asked_at)} {zone_name(look.zone)}"),
        ("by", f"{clean(run.principal)} of {clean(run.tenant)}"),
        ("status", f"{run.status or 'running'}, {span(run.elapsed_s)} of {run.budget_s:g} s"),
        ("summary", clean(run.summary or "")),
    ]
    if told.spent.requests:
        facts.append(("models", spent_in_words(told.spent)))
    grid = facts_grid()
    for name, value in facts:
        grid.add_row(Text(name), Text(value))
    bars: list[RenderableType] = [*draw_waterfall(picture, width=look.width)]
    return [grid, *(["", *bars] if bars else []), "", *_events(told.events)]


def draw_replay(report: ReplayReport, look: Look) -> list[RenderableType]:
    """Return whether a replay gave the same values, each difference, and the times."""
    sign, style = STATUS["complete" if report.equal else "partial"]
    verdict = "the same values" if report.equal else f"{len(report.differences)} differences"
    head = Text(f"{sign} {verdict}", style=style)
    head.append(f" in {report.steps} steps", style="default not bold")
    grid = facts_grid()
    grid.add_row(Text("then"), Text(f"{span(report.original_s) or 'unknown'}  {report.run_id}"))
    now = f"{span(report.replay_s)}  {report.replay_run_id}  {report.mode}"
    grid.add_row(Text("now"), Text(now))
    grid.add_row(Text("steps"), Text(f"{span(report.steps_s)} one after the other"))
    drawn: list[RenderableType] = [head, grid]
    if report.differences:
        rows = [
            [one.step, one.path, _brief(one.before), _brief(one.after)]
            for one in report.differences[:MOST_DIFFERENCES]
        ]
        drawn.extend(["", *draw_table(["step", "path", "then", "now"], rows, width=look.width)])
        hidden = len(report.differences) - MOST_DIFFERENCES
        drawn.extend([Text(f"  … {hidden} more", style="dim")] if hidden > 0 else [])
    return drawn


def _brief(value: object) -> str:
    text = " ".join(document(value).split())
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"


def draw_load(report: LoadReport, look: Look) -> list[RenderableType]:
    """Return what a load read, added, changed and removed, and the lines it left out."""
    rows = [
        [file, one.read, one.added, one.changed, one.removed] for file, one in report.counts.items()
    ]
    head = Text("● LOADED", style="bold green")
    head.append(f"  {clean(report.source)} in {span(report.elapsed_s)}", style="default not bold")
    columns = ["", "read", "added", "changed", "removed"]
    drawn: list[RenderableType] = [head, *draw_table(columns, rows, width=look.width)]
    if report.bad_total:
        drawn.extend(["", Text(f"{report.bad_total:,} lines left out", style="bold yellow")])
        drawn.extend(map(_bad_line, report.bad_lines[:MOST_BAD_LINES]))
        hidden = report.bad_total - MOST_BAD_LINES
        drawn.extend([Text(f"  … {hidden:,} more", style="dim")] if hidden > 0 else [])
    return drawn


def draw_facts(facts: Mapping[str, Any]) -> list[RenderableType]:
    """Return names and values, a line each."""
    grid = facts_grid()
    for name, value in facts.items():
        grid.add_row(Text(clean(name)), Text(clean(value)))
    return [grid]


def place(where: str) -> str:
    """Return the file and line behind an event's `where`, such as `engine.call`, or nothing."""
    name = f"headwater.{where}"
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return ""
    if spec is None or spec.origin is None or not spec.has_location:
        return ""
    file = Path(spec.origin)
    verb = rf"\s*(async )?def {re.escape(where.rpartition('.')[2])}\b"
    lines = list(enumerate(file.read_text(encoding="utf-8").splitlines(), 1))
    found = (at for words in (verb, "class ") for at, line in lines if re.match(words, line))
    number = next(found, 1)  # the verb itself, else the class whose methods are the verbs
    return f"{'/'.join(name.split('.')[:-1])}/{file.name}:{number}"


def _events(events: Sequence[Event]) -> list[RenderableType]:
    grid = facts_grid(columns=3)
    places = {one.where: place(one.where) or one.where for one in events}
    for one in events:
        told = Text(f"{one.kind} {clean(one.step or '')}".rstrip())
        said = _said(one)
        if said:
            told.append(f"  {said}", style="dim")
        offset = Text(f"{one.offset_s * 1000:,.1f}", justify="right")
        grid.add_row(offset, Text(places[one.where].removeprefix("headwater/")), told)
    title = "Events: ms from the start, where in headwater/, what"
    return [Text(title, style="bold"), grid]


def _bad_line(bad: BadLine) -> Text:
    return Text(f"  {clean(bad.file)}, line {bad.line}: {clean(bad.reason)}")


def _said(event: Event) -> str:
    told_above = ("text", "summary", "asked_at", "elapsed_s", "budget_s")
    data = {name: value for name, value in event.data.items() if name not in told_above}
    outcome = data.pop("outcome", None)
    if isinstance(outcome, Mapping):
        keep = ("status", "via", "via_tool", "attempts", "code", "message", "because")
        data.update({name: outcome[name] for name in keep if outcome.get(name) is not None})
    steps = data.pop("steps", None)
    if steps:
        data["steps"] = ",".join(str(step.get("id")) for step in steps)
    words = "  ".join(f"{name} {value}" for name, value in data.items() if value not in (None, ""))
    return shortened(clean(words), MOST_FACTS)


def _arguments(schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    names = schema.get("properties", {})
    shown = [clean(name) if name in required else f"{clean(name)}?" for name in names]
    return ", ".join(shown) or "no arguments"


def _indented(words: str, style: str = "") -> Table:
    grid = Table.grid(padding=(0, 0, 0, 2), pad_edge=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(words, style=style))
    return grid
