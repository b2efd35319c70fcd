"""What is asked of a service: requests made up from a seed, no two alike; it sends none."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from bench import made_estate as made

Request = dict[str, Any]
"""`kind`, `path`, `body` and perhaps `headers`, as `load.py` reads them."""


def alive() -> list[Request]:
    """Return what asks a server whether it lives, which costs no work and no key."""
    return [{"kind": "livez", "path": "/livez"}]


def searches(count: int, *, size: made.Size, seed: int = 1) -> list[Request]:
    """Return searches for one word, which twenty items share."""
    dice = random.Random(seed)
    return [_search(dice, size) for _ in range(count)]


def mixed(count: int, *, size: made.Size, seed: int = 2) -> list[Request]:
    """Return searches, items, counts and series, in equal shares."""
    dice = random.Random(seed)
    kinds = (_search, _get, _aggregate, _series)
    return [kinds[number % len(kinds)](dice, size) for number in range(count)]


def with_slow(count: int, *, every: int, size: made.Size, seed: int = 3) -> list[Request]:
    """Return searches, with a query that waits for 50 ms at every so many."""
    dice = random.Random(seed)
    slow = {"kind": "slow", "path": "/v1/tools/bench.slow_query"}
    return [
        {**slow, "body": {"number": number}} if number % every == 0 else _search(dice, size)
        for number in range(count)
    ]


def reviews(count: int, *, size: made.Size, budget_s: float, seed: int = 4) -> list[Request]:
    """Return questions for a review of one item: eleven tools, most of them in parallel."""
    dice = random.Random(seed)
    asked = []
    for _ in range(count):
        code = made.code_of(dice.randint(1, size.measured))
        question = f"review {code} over the last {dice.randint(20, 40)} days"
        body = {"question": question, "budget_s": budget_s}
        asked.append({"kind": "ask", "path": "/v1/ask", "body": body})
    return asked


def _search(dice: random.Random, size: made.Size) -> Request:
    word = made.word_of(dice.randrange(1, size.items // made.GROUP))
    body = {"keywords": [word], "limit": dice.randint(10, 19), "offset": dice.choice((0, 0, 1))}
    return {"kind": "search", "path": "/v1/tools/ci.search", "body": body}


def _get(dice: random.Random, size: made.Size) -> Request:
    body = {"id": dice.randint(1, size.items)}
    return {"kind": "get", "path": "/v1/tools/ci.get", "body": body}


def _aggregate(dice: random.Random, size: made.Size) -> Request:
    del size
    filters = [
        {"field": "owner", "op": "eq", "value": dice.choice(made.OWNERS)},
        {"field": "location", "op": "eq", "value": dice.choice(made.LOCATIONS)},
    ]
    body = {"group_by": ["type"], "filters": filters, "top_n": dice.randint(8, 500)}
    return {"kind": "aggregate", "path": "/v1/tools/ci.aggregate", "body": body}


def _series(dice: random.Random, size: made.Size) -> Request:
    start = made.START + timedelta(minutes=dice.randrange(max(1, size.points - 60)))
    window = f"{start.isoformat()}/{(start + timedelta(minutes=60)).isoformat()}"
    body = {
        "metric": dice.choice(made.METRICS),
        "ci": made.code_of(dice.randint(1, size.measured)),
        "window": window,
    }
    return {"kind": "series", "path": "/v1/tools/metric.series_table", "body": body}
