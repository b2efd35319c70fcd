"""How answers about what there is are put: look ups, lists, counts, searches; no relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from headwater.composing.ledger import is_cut
from headwater.composing.shapes import (
    fields_block,
    graph_block,
    items_block,
    ranked_block,
    timeline_block,
)
from headwater.composing.telling import ask_name, called, count, figure, plural, tally
from headwater.composing.view import FEW, Part, View, few_samples, nothing
from headwater.model.answer import Deduction
from headwater.model.block import Block, NumberBlock, TableBlock
from headwater.model.outcome import Succeeded

HALF = 0.5
NEXT_LISTED = 3


def compose_lookup(view: View) -> Part:
    """Say what one item is, or the one field that was asked for."""
    if not view.ledger.succeeded("item"):
        return nothing(view, "item")
    item = view.value("item")
    if item is None:
        return Part(f"{view.code()} is no longer in the estate.{view.ledger.mark('item')}")
    field = view.fact("field")
    mark = view.ledger.mark("item")
    summary = _field_sentence(item, field) if field else _item_sentence(item)
    blocks: list[Block] = [
        fields_block(item, title=called(item), cites=view.ledger.cite("item")),
        *_around(view),
    ]
    asked = view.asked()
    following = (
        f"what breaks if {asked} fails?",
        f"what changed on {asked} in the last 7 days?",
        f"how is {asked}?",
    )
    return Part(f"{summary}{mark}", tuple(blocks), next=following)


def _around(view: View) -> list[Block]:
    blocks: list[Block] = []
    around, changes = view.value("around"), view.value("changes")
    if around and len(around["nodes"]) > 1:
        blocks.append(graph_block(around, title="Joined to it", cites=view.ledger.cite("around")))
    if changes and changes["entries"]:
        title = f"What happened to it, {view.when}"
        blocks.append(timeline_block(changes, title=title, cites=view.ledger.cite("changes")))
    return blocks


def _item_sentence(item: Mapping[str, Any]) -> str:
    words = [str(item[name]) for name in ("status", "subtype", "type") if item.get(name)]
    kind = " ".join(dict.fromkeys(words))
    said = f"{called(item)} is {'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"
    for name, words_before in (
        ("criticality", "of criticality"),
        ("owner", "owned by"),
        ("location", "at"),
    ):
        if item.get(name):
            said += f", {words_before} {item[name]}"
    return said.rstrip(".") + "."


def _field_sentence(item: Mapping[str, Any], field: str) -> str:
    value = item.get(field)
    if isinstance(value, Mapping):
        value = ", ".join(f"{key}={one}" for key, one in value.items())
    if value in (None, ""):
        return f"{called(item)} has no {field} recorded."
    return f"The {field} of {called(item)} is {value}".rstrip(".") + "."


def compose_list(view: View) -> Part:
    """Say which items there are of a kind or place."""
    page = view.value("list")
    if page is None:
        return nothing(view, "list")
    return _page(view, page, step="list", title=_title(view, "Items"))


def compose_search(view: View) -> Part:
    """Say what a search found, or what is nearest to it."""
    page = view.value("search")
    if page is None:
        return nothing(view, "search")
    keywords = " ".join(view.fact("keywords") or ())
    wide = view.value("search_wide")
    if not page["items"] and wide and wide["items"]:
        part = _page(view, wide, step="search_wide", title=f"Items with any of: {keywords}")
        note = Deduction(FEW, "no item has all the words; these have some of them")
        said = f"No item has all of: {keywords}.{view.ledger.mark('search')} {part.summary}"
        return Part(said, part.blocks, (note,), part.next)
    if not page["items"]:
        return Part(f"No item has all of: {keywords}.{view.ledger.mark('search')}")
    return _page(view, page, step="search", title=f"Items found by: {keywords}")


def _title(view: View, words: str) -> str:
    things = str(view.fact("things") or "").strip()
    return things[:1].upper() + things[1:] if things else words


def _page(view: View, page: Mapping[str, Any], *, step: str, title: str) -> Part:
    items: Sequence[Mapping[str, Any]] = page["items"]
    total = int(page["total"])
    mark = view.ledger.mark(step)
    bound = _bound(view)
    if not items:
        return Part(f"There is none: no item matches.{mark}{bound}")
    kinds = Counter(str(item["type"]) for item in items)
    shown = f", the first {len(items)} are listed" if total > len(items) else ""
    block = items_block(items, total, title=title, cites=view.ledger.cite(step))
    words = f"{count(total, 'item')}{shown}: {tally(kinds)}." if len(kinds) > 1 else ""
    words = words or f"{count(total, next(iter(kinds)), plural(next(iter(kinds))))}{shown}."
    following = tuple(f"what is {ask_name(item['code'])}?" for item in items[:NEXT_LISTED])
    return Part(f"{words}{mark}{bound}", (block,), next=following)


def _bound(view: View) -> str:
    """Return the sentence that says where a limit cut what was looked at, or nothing."""
    around = view.ledger.outcomes.get("around")
    if not isinstance(around, Succeeded) or not is_cut(around):
        return ""
    seen = count(len(around.value["nodes"]) - 1, "item")
    return f" Only {seen} of those joined to {view.code('place')} could be looked at."


def compose_count(view: View) -> Part:
    """Say how many items there are, in all or by group."""
    step = _best_group(view)
    table = view.value(step)
    if table is None:
        return nothing(view, "count")
    if view.fact("group"):
        return _grouped(view, table, step)
    things, total = _things(view), int(table["total_items"])
    block = NumberBlock(title=_title(view, "Items"), value=total, cites=view.ledger.cite(step))
    said = f"There {'is' if total == 1 else 'are'} {total} {things}.{view.ledger.mark(step)}"
    return Part(said + _bound(view), (block,), next=_counted(view))


def _things(view: View) -> str:
    return str(view.fact("things") or "").strip() or "items"


def _grouped(view: View, table: Mapping[str, Any], step: str) -> Part:
    """Say how many there are by group; the group is called by its field where that is a stand-in.

    What a likelier field would say is not known where its step did not succeed.
    """
    steps = _group_steps(view)
    field = view.reading.group_by[steps.index(step)]
    lost = [one for one in steps if not view.ledger.succeeded(one)]
    group, total = str(view.fact("group")), int(table["total_items"])
    mark = view.ledger.mark(step)
    if lost and all(row[0] is None for row in table["rows"]):
        number = NumberBlock(title=_title(view, "Items"), value=total, cites=view.ledger.cite(step))
        said = f"{total} {_things(view)} in all;{mark} their {group} could not be read."
        return Part(said + _bound(view), (number,), next=_counted(view))
    group = field.removeprefix("tags.") if lost else group
    names = _group_names(table["rows"])
    rows = tuple((name, int(row[-1])) for name, row in zip(names, table["rows"], strict=True))
    named = sum(1 for row in table["rows"] if row[0] is not None)
    block = TableBlock(
        title=f"{_title(view, 'Items')} per {group}",
        columns=(group, "count"),
        rows=rows,
        total=int(table["total_groups"]),
        truncated=bool(table["truncated"]),
        cites=view.ledger.cite(step),
    )
    groups = count(int(table["total_groups"]) - (len(rows) - named), group, plural(group))
    most = f"; the most: {rows[0][0]} with {rows[0][1]}" if rows else ""
    missing: tuple[Deduction, ...] = ()
    if rows and not named and not lost:
        missing = (Deduction(0.3, f"no item says its {group}"),)
    said = f"{total} {_things(view)} over {groups}{most}.{mark}"
    return Part(said + _bound(view), (block,), missing, _counted(view))


def _counted(view: View) -> tuple[str, ...]:
    things = _things(view)
    if view.reading.items:
        return (f"what is {view.asked('place')}?",)
    following = [f"list all {things}"]
    following += [
        f"how many {things} per {group}?"
        for group in ("owner", "location")
        if group != view.fact("group")
    ]
    return tuple(following[:NEXT_LISTED])


def _group_names(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return what groups are called; where a name recurs, with what tells it apart beside it."""
    often = Counter(row[0] for row in rows)
    names = []
    for row in rows:
        apart = row[1] if len(row) > 2 and often[row[0]] > 1 else None  # noqa: PLR2004
        name = "(none)" if row[0] is None else str(row[0])
        names.append(f"{name} at {apart}" if apart is not None else name)
    return names


def _best_group(view: View) -> str:
    """Return the step whose field at least half of the items have, else the one that most have."""
    steps = _group_steps(view)
    shares = [(_share(view.value(step)), step) for step in steps]
    for share, step in shares:
        if share >= HALF:
            return step
    return max(shares, key=lambda pair: pair[0])[1]


def _group_steps(view: View) -> list[str]:
    return ["count", *(f"count_{place}" for place in range(2, len(view.reading.group_by) + 1))]


def _share(table: Mapping[str, Any] | None) -> float:
    if not table or not table["total_items"] or not table["rows"]:
        return 0.0 if table else -1.0
    if len(table["columns"]) == 1:
        return 1.0
    held = sum(int(row[-1]) for row in table["rows"] if row[0] is not None)
    return held / int(table["total_items"])


def compose_rank(view: View) -> Part:
    """Say which items have the most of a metric."""
    value = view.value("rank")
    if value is None:
        return nothing(view, "rank")
    rows = [row for row in value["rows"] if row["value"] is not None]
    mark = view.ledger.mark("rank")
    said = f"{value['aggregate']} {value['metric']}"
    if not rows:
        said = f"No samples of {value['metric']} from {view.when}.{mark}"
        return Part(said + _bound(view), (), few_samples(0))
    first = rows[0]
    amount = figure(first["value"], value.get("unit"))
    code, of_all = first["ci"]["code"], count(int(value["cis_used"]), "item")
    summary = f"{code} has the highest {said}: {amount}, of {of_all}, {view.when}.{mark}"
    summary += _bound(view)
    block = ranked_block(value, title=f"{said}, {view.when}", cites=view.ledger.cite("rank"))
    following = tuple(f"how is {ask_name(row['ci']['code'])}?" for row in rows[:NEXT_LISTED])
    return Part(summary, (block,), next=following)
