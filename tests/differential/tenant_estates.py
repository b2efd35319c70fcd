"""Two tenants with the same codes, each with a mark of its own that the other must never read.

Both ask for the other's word (`azure`), as a guess would; only what was read shows the mark.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
from pydantic_core import to_json

from headwater import AsyncHeadwater
from headwater.errors import HeadwaterError
from headwater.model.principal import Principal

WORDS = ("crimson", "azure")
HIDDEN = ("xylophone", "quartz")
MARKS = {word: f"{word}-{hidden}" for word, hidden in zip(WORDS, HIDDEN, strict=True)}
OTHERS = dict(zip(WORDS, HIDDEN[::-1], strict=True))
"""What must never be shown to the tenant of this name."""
WINDOW = "2026-11-20T00:00:00Z/2026-11-21T00:00:00Z"
START_S = 1_795_132_800
CODES = ("shop", "orders-db", "host-1", "cache-1")
AT_ONCE = 16
PLAN = {
    "steps": [
        {"id": "find", "tool": "ci.search", "args": {"keywords": ["shop"]}},
        {"id": "each", "tool": "ci.get", "args": {"id": {"$": "find.items[0].id"}}},
        {"id": "near", "tool": "graph.expand", "args": {"root": "shop", "view": "neighbours"}},
    ]
}


def write_bundle(folder: Path, word: str) -> Path:
    """Write an estate whose every text carries the tenant's mark; its codes are everybody's."""
    value, word = 1 + WORDS.index(word), MARKS[word]
    folder.mkdir(parents=True)
    items = [
        {
            "code": code,
            "name": f"{code} of {word}",
            "type": "service" if code == "shop" else f"{word}-thing",
            "owner": f"{word}-team",
            "location": f"{word}-site",
            "tags": {"team": word, f"{word}-key": "1"},
            "attributes": {"note": word},
        }
        for code in (*CODES, f"{word}-only")
    ]
    pairs = [("shop", "orders-db"), ("orders-db", "host-1"), ("shop", f"{word}-only")]
    files: dict[str, list[dict[str, Any]]] = {
        "items": items,
        "relations": [
            {"source": source, "target": target, "type": "depends_on", "attributes": {"w": word}}
            for source, target in pairs
        ],
        "metrics": [{"name": "latency_ms", "unit": word, "kind": "gauge"}],
        "history": [
            {"ci": "shop", "kind": "deployment", "at": START_S + 60, "title": f"{word} release",
             "actor": word, "attributes": {"by": word}},
        ],
        "rules": [
            {"code": code, "name": f"{word} rule", "trigger": {"type": "event",
             "kinds": ["deployment"]}, "description": word}
            for code in ("busy", f"{word}-rule")
        ],
    }  # fmt: skip
    for name, rows in files.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    samples = "".join(
        f"{metric},shop,{START_S + 60 * n},{value}\n"
        for metric in ("latency_ms", f"{word}_ms")
        for n in range(30)
    )
    (folder / "samples.csv").write_text(f"metric,ci,at,value\n{samples}", encoding="utf-8")
    return folder


def calls_of(tenant: str, dice: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """Return calls of every tool, in good and in bad faith: names of one's own, and guesses."""
    word = dice.choice((MARKS[tenant], *WORDS))
    code = dice.choice((*CODES, f"{word}-only", "nobody"))
    metric = dice.choice(("latency_ms", f"{word}_ms", "latency", "azur_ms", "crimso_ms"))
    guess = dice.choice((word, word[:4], "shop", f"{word}-team", "azur", "crimsn"))
    tag = {"field": f"tags.{word}-key", "op": "exists", "value": True}
    return [
        ("estate.resolve", {"terms": [guess, f"{code} of {word}"]}),
        ("ci.search", {"keywords": [guess]}),
        ("ci.search", {"filters": [tag]}),
        ("ci.search", {"filters": [{"field": f"{word}_key", "op": "eq", "value": 1}]}),
        ("ci.search_like", {"keywords": [guess]}),
        ("ci.get", {"id": dice.choice((code, dice.randrange(1, 12)))}),
        ("ci.get_by_code", {"code": code}),
        ("ci.aggregate", {"group_by": [dice.choice(("owner", "type", "tags.team"))]}),
        ("ci.aggregate", {"group_by": ["type"], "ci_ids": list(range(1, 12))}),
        ("ci.list_preview", {"limit": 3}),
        ("metric.aggregate", {"metric": metric, "window": WINDOW, "aggregate": "avg"}),
        ("metric.aggregate", {"metric": metric, "window": WINDOW, "ci_ids": [code, 1, 2, 6, 7],
                              "aggregate": "last", "group_by": "ci"}),
        ("metric.series_table", {"metric": metric, "ci": code, "window": WINDOW}),
        ("graph.expand", {"root": code, "view": "neighbours", "depth": 2}),
        ("graph.expand", {"root": dice.randrange(1, 12), "view": "impact", "depth": 3}),
        ("graph.path", {"source": "shop", "target": code}),
        ("graph.path", {"source": dice.randrange(1, 12), "target": dice.randrange(1, 12)}),
        ("history.recent", {"window": WINDOW}),
        ("history.recent", {"window": WINDOW, "ci_ids": [code, dice.randrange(1, 12)]}),
        ("cep.simulate", {"rule": dice.choice(("busy", f"{word}-rule", 1, 2, 3, 4)),
                          "period": WINDOW}),
    ]  # fmt: skip


QUESTIONS = (
    "how many items per owner?",
    "what is shop?",
    "what breaks if host-1 fails?",
    "what is azure-only?",
    "what is crimson-only?",
    "list all items of crimson-team",
    "avg azure_ms of shop in the last 2 days",
    "would crimson-rule have fired last week?",
    "how does shop reach host-1?",
    "what changed on shop since yesterday?",
)


async def open_two(hw: AsyncHeadwater, folder: Path) -> None:
    """Load both estates, each for a principal of its own."""
    for word in WORDS:
        bundle = await anyio.to_thread.run_sync(write_bundle, folder / word, word)
        await hw.load(bundle, principal=Principal(word))


async def mixed_calls(hw: AsyncHeadwater, tries: int, seed: int) -> list[str]:
    """Make so many calls, plans and questions for both tenants at once; return what leaked."""
    dice = random.Random(seed)
    leaks: list[str] = []
    runs: list[str] = []
    places = anyio.CapacityLimiter(AT_ONCE)

    async def one(word: str, what: Any, ask: Callable[[], Any]) -> None:
        async with places:
            try:
                result = await ask()
            except HeadwaterError as error:
                result = error.message
            runs.append(getattr(result, "run_id", ""))
            shown = to_json(result, fallback=repr).decode()
            if OTHERS[word] in shown:
                leaks.append(f"{word} asked {what} and read {shown[:2000]}")

    async with anyio.create_task_group() as group:
        for _ in range(tries):
            who = Principal(dice.choice(WORDS))
            kind, old = dice.random(), next((run for run in runs[-5:] if run), "")
            if kind < 0.9:
                tool, args = dice.choice(calls_of(who.tenant, dice))
                group.start_soon(one, who.tenant, [tool, args],
                    lambda t=tool, a=args, w=who: hw.call(t, a, principal=w))  # fmt: skip
            elif kind < 0.94:
                text = dice.choice(QUESTIONS)
                group.start_soon(
                    one, who.tenant, text, lambda q=text, w=who: hw.ask(q, principal=w)
                )
            elif kind < 0.96:
                group.start_soon(one, who.tenant, "", lambda w=who: hw.run(PLAN, principal=w))
            else:
                verb = dice.choice((hw.explain, hw.again, hw.replay))
                group.start_soon(
                    one, who.tenant, old, lambda v=verb, r=old, w=who: v(r, principal=w)
                )
                group.start_soon(one, who.tenant, "", lambda w=who: hw.runs(principal=w))
            await anyio.lowlevel.checkpoint()
    return leaks
