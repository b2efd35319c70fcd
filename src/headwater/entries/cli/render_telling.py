"""How invitations, webhooks and notices look in a terminal; it fetches none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.render_table import draw_page
from headwater.entries.cli.text import clean
from headwater.entries.cli.zone import Times, zone_name

Value = Mapping[str, Any]
Drawn = list[RenderableType]
KEEP = "keep the secret now: it is not shown again"


def draw_invitations(value: Value, look: Look) -> Drawn:
    """Return the invitations into a team."""
    found = value["invitations"]
    times = _times(look, [one["expires_at"] for one in found])
    rows = [
        [
            one["id"],
            one["code"],
            one["role"],
            f"{one['used']} of {one['uses']}",
            "revoked" if one["revoked_at"] else times.show(_at(one["expires_at"])),
            one["email"],
        ]
        for one in found
    ]
    columns = ["id", "code", "role", "used", f"until ({zone_name(look.zone)})", "mail"]
    return draw_page(columns, rows, total=len(rows), look=look, none="no invitations", whole=2)


def draw_webhooks(value: Value, look: Look) -> Drawn:
    """Return the webhooks of a team."""
    rows = [
        [one["id"], one["url"], ", ".join(one["kinds"]) or "all", one["project"], one["created_by"]]
        for one in value["webhooks"]
    ]
    columns = ["id", "url", "told of", "project", "by"]
    return draw_page(columns, rows, total=value["total"], look=look, none="no webhooks")


def draw_new_webhook(value: Value, look: Look) -> Drawn:
    """Return a webhook with its new secret, which is to be put where the messages go."""
    drawn = draw_webhooks({"webhooks": [value["webhook"]], "total": 1}, look)
    return [*drawn, "", Text(clean(value["secret"])), Text(KEEP, style="bold")]


def draw_no_webhook(value: Value, look: Look) -> Drawn:
    """Return that a webhook is there no more."""
    del look
    return [Text(f"removed: {clean(value['url'])}")]


def draw_notices(value: Value, look: Look) -> Drawn:
    """Return how far notices are."""
    found = value["notices"]
    times = _times(look, [one["made_at"] for one in found])
    rows = [
        [
            one["kind"],
            one["to"],
            one["status"],
            one["tries"],
            times.show(_at(one["made_at"])),
            (one["error"] or {}).get("message"),
        ]
        for one in found
    ]
    columns = ["what", "to", "status", "tries", zone_name(look.zone), "why"]
    return draw_page(columns, rows, total=value["total"], look=look, none="no notices")


def _times(look: Look, written: list[str]) -> Times:
    return Times(look.zone, [_at(one) for one in written], look.today)


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written)
