"""How GitHub's credentials and repositories look in a terminal; it fetches none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.render_table import draw_page, facts_grid
from headwater.entries.cli.render_telling import KEEP
from headwater.entries.cli.text import clean
from headwater.entries.cli.zone import Times, zone_name
from headwater.model.repository_link import Credential, Hook, Login

Value = Mapping[str, Any]
Drawn = list[RenderableType]
COUNTS = ("added", "changed", "unchanged", "left", "pushed", "milestones", "entries")


def draw_credentials(found: Sequence[Credential], look: Look) -> Drawn:
    """Return credentials, without their secrets."""
    ends: list[object] = [one.expires_at for one in found if one.expires_at is not None]
    times = Times(look.zone, ends, look.today)
    rows = [
        [
            one.name,
            one.kind,
            ", ".join(one.repositories),
            one.login,
            "" if one.expires_at is None else times.show(one.expires_at),
            one.made_by,
        ]
        for one in found
    ]
    columns = ["name", "kind", "for", "of", f"until ({zone_name(look.zone)})", "by"]
    return draw_page(columns, rows, total=len(rows), look=look, none="no credentials", whole=1)


def draw_credential(found: Credential, look: Look) -> Drawn:
    """Return one credential."""
    return draw_credentials([found], look)


def draw_login(found: Login, look: Look) -> Drawn:
    """Return where to go, and how to go on."""
    until = Times(look.zone, [found.expires_at], look.today).show(found.expires_at)
    return [
        Text(f"open, until {until} ({zone_name(look.zone)}):"),
        Text(f"  {clean(found.url)}"),
        Text("then give the code that it sends back to:"),
        Text(f"  headwater github end-login {clean(found.state)}"),
    ]


def draw_hook(found: Hook, look: Look) -> Drawn:
    """Return what to set up at GitHub."""
    del look
    facts = {
        "payload URL": f"https://YOUR-SERVER{found.path}",
        "content type": "application/json",
        "secret": found.secret,
        "events": ", ".join(found.events),
    }
    return [*_facts(facts), Text(KEEP, style="bold")]


def draw_repository(value: Value, look: Look) -> Drawn:
    """Return a project's link and what its repository is now."""
    info = value["info"] or {}
    more = {
        "what it is": info.get("description"),
        "branch": info.get("default_branch"),
        "problem": value["problem"],
    }
    return draw_link(value["link"], look, more)


def draw_link(value: Value, look: Look, more: Mapping[str, Any] = MappingProxyType({})) -> Drawn:
    """Return a project's link, and what more is known."""
    state = value["state"]
    synced = state["synced_at"] and datetime.fromisoformat(state["synced_at"])
    facts = {
        "project": value["project"],
        "credential": value["credential"],
        "code of": ", ".join(value["items"]) or None,
        "pushes": "yes" if value["pushes"] else None,
        f"looked at ({zone_name(look.zone)})": synced
        and Times(look.zone, [synced], look.today).show(synced),
        "the last look": state["problem"],
    }
    return [
        Text(f"● REPOSITORY {clean(value['repository'])}", style="bold"),
        *_facts({**facts, **more}),
    ]


def draw_report(value: Value, look: Look) -> Drawn:
    """Return what came of bringing a project in step."""
    del look
    told = [f"{value[name]:,} {name}" for name in COUNTS if value[name]] or ["nothing new"]
    ended = "in step" if value["complete"] else "not all yet: ask again"
    if value["waits_s"]:
        ended += f", in {value['waits_s']:.0f} s: GitHub takes no more until then"
    return [Text(f"● {clean(value['repository'])}: {', '.join(told)}; {ended}")]


def _facts(facts: Mapping[str, Any]) -> Drawn:
    grid = facts_grid(most_name=24)
    for name, value in facts.items():
        if value is not None:
            grid.add_row(Text(name), Text(clean(str(value))))
    return [grid]
