"""How answers from documents are put: their own sentences, cited; it adds none of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from headwater.composing.passages import heading, marks, shortened
from headwater.composing.telling import ask_name, count
from headwater.composing.view import Part, View, nothing
from headwater.model.answer import Deduction
from headwater.model.block import Block, TextBlock

NOT_FOUND = 0.3
LANE_MISSING = 0.1
DIFFERING = 0.1
THIN = 0.4
"""What is taken off where none of the question's words were in a passage; less for a share."""
MOST_NEAR = 3
MOST_NEXT = 3


def compose_documents(view: View) -> Part:
    """Say what documents answer, or that none does."""
    value = view.value("answer")
    if value is None:
        return nothing(view, "answer")
    cites = view.ledger.cite("answer")
    near = _near(view, value)
    if not value["found"]:
        return _not_found(view, value, near=near)
    shown = list(zip(value["sentences"], marks(value["sentences"], cites), strict=True))
    blocks: list[Block] = [_quoted(title, pairs) for title, pairs in _under_headings(shown)]
    blocks += _stated(value, cites)
    blocks += _differing(value, shown)
    best, mark = max(shown, key=lambda pair: pair[0]["score"])
    summary = f"{best['document']['title']}: {shortened(best['text'], 300)}{mark}"
    return Part(summary, (*blocks, *near), tuple(_deductions(value)), _next(value))


def _not_found(view: View, value: Mapping[str, Any], *, near: Sequence[Block]) -> Part:
    read = count(int(value["searched"]), "passage")
    summary = (
        f"Not found in the documents: none of {read} has enough of what was asked."
        f"{view.ledger.mark('answer')}"
    )
    lost = Deduction(NOT_FOUND, "no passage supports an answer")
    return Part(summary, tuple(near), (lost, *_lanes(value)), _next(value))


Pair = tuple[Mapping[str, Any], str]


def _under_headings(shown: Sequence[Pair]) -> list[tuple[str, list[Pair]]]:
    return [(title, list(pairs)) for title, pairs in groupby(shown, lambda one: heading(one[0]))]


def _quoted(title: str, pairs: Sequence[Pair]) -> TextBlock:
    numbers = dict.fromkeys(int(mark.strip(" []")) for _, mark in pairs if mark)
    lines = tuple(f"{one['text']}{mark}" for one, mark in pairs)
    return TextBlock(title=title, lines=lines, cites=tuple(numbers))


def _stated(value: Mapping[str, Any], cites: tuple[int, ...]) -> list[Block]:
    """Return what a model wrote from the facts of other steps, each with its number."""
    lines = tuple(f"{one['text']} (fact {one['fact']})" for one in value.get("stated", ()))
    return [TextBlock(title="From the facts found", lines=lines, cites=cites)] if lines else []


def _differing(value: Mapping[str, Any], shown: Sequence[Pair]) -> list[Block]:
    lines = []
    for odd in value["differing"]:
        (first, mark), (second, other) = shown[odd["first"]], shown[odd["second"]]
        lines.append(
            f"{first['document']['title']} says {odd['first_figure']}{mark}, "
            f"{second['document']['title']} says {odd['second_figure']}{other}."
        )
    return [TextBlock(title="Where the documents differ", lines=tuple(lines))] if lines else []


def _near(view: View, value: Mapping[str, Any]) -> list[Block]:
    """Return the passages of items around those that the question names, not cited already."""
    found = view.value("near") or {}
    quoted = {one["document"]["id"] for one in value["sentences"]}
    hits = [hit for hit in found.get("hits", ()) if hit["document"]["id"] not in quoted]
    if not hits:
        return []
    mark = view.ledger.mark("near")
    lines = tuple(
        f"{heading(hit)} ({', '.join(item['code'] for item in hit['items'][:MOST_NEAR])}): "
        f"{shortened(hit['passage'])}{mark}"
        for hit in hits[:MOST_NEAR]
    )
    cites = view.ledger.cite("near")
    return [TextBlock(title="On what it hangs together with", lines=lines, cites=cites)]


def _deductions(value: Mapping[str, Any]) -> list[Deduction]:
    found = _lanes(value)
    missing = 1 - float(value["support"])
    if missing > 0:
        words = f"{missing:.0%} of the question's words are in none of the passages quoted"
        found.append(Deduction(round(THIN * missing, 2), words))
    if value["differing"]:
        found.append(Deduction(DIFFERING, "the documents differ in a figure"))
    return found


def _lanes(value: Mapping[str, Any]) -> list[Deduction]:
    return [
        Deduction(LANE_MISSING, f"the {lane['lane']} lane of the search {lane['status']}")
        for lane in value["lanes"]
        if lane["status"] != "succeeded"
    ]


def _next(value: Mapping[str, Any]) -> tuple[str, ...]:
    quoted = {one["document"]["id"] for one in value["sentences"]}
    titles = dict.fromkeys(str(one["title"]) for one in value["nearest"] if one["id"] not in quoted)
    return tuple(
        f"what does the runbook say about {ask_name(title)}?" for title in list(titles)[:MOST_NEXT]
    )


def runbook_blocks(view: View, alerts: Sequence[str]) -> list[Block]:
    """Return the block of the runbooks that a review names: of rules that fired, alerts, items.

    `alerts` are the names of what fired; a runbook for another name is left out.
    """
    lines: dict[int, str] = {}
    steps: list[str] = []
    for step in ("runbooks", "runbooks_near"):
        for one in (view.value(step) or {}).get("runbooks", ()):
            name, number = one["name"], one["document"]["id"]
            if number in lines or (name is not None and name not in alerts):
                continue
            of = name or ", ".join(item["code"] for item in one["items"])
            source = one["document"]["source"]
            lines[number] = (
                f"{one['document']['title']} ({source}), for {of}{view.ledger.mark(step)}"
            )
            steps.append(step)
    if not lines:
        return []
    cites = view.ledger.cite(*steps)
    return [TextBlock(title="Runbooks", lines=tuple(lines.values()), cites=cites)]
