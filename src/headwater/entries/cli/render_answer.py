"""How an answer looks in a terminal, from the same data as its JSON; it composes nothing."""

from __future__ import annotations

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from headwater.composing.waterfall import Waterfall
from headwater.entries.cli.look import Look
from headwater.entries.cli.render_bars import draw_waterfall, telling_bars
from headwater.entries.cli.render_blocks import draw_block
from headwater.entries.cli.render_table import facts_grid
from headwater.entries.cli.text import clean, quoted, shortened, span
from headwater.entries.cli.zone import instant, zone_name
from headwater.model.answer import Answer, RunResult
from headwater.model.evidence import Evidence

STATUS = {
    "complete": ("●", "bold green"),
    "partial": ("◐", "bold yellow"),
    "failed": ("✕", "bold red"),
}
MOST_RECORDS = 3
MOST_RECORD = 28
MOST_BARS = 24
MOST_STEPS = 3
MOST_NAMED = 40
LONGER = 2


def draw_answer(
    answer: Answer | RunResult, picture: Waterfall | None, look: Look
) -> list[RenderableType]:
    """Return everything an answer shows: status first, then the finding, then what it rests on."""
    parts: list[list[RenderableType]] = [
        [_head(answer), *_summary(answer)],
        *(draw_block(block, look) for block in answer.blocks),
        _missing(answer),
        _confidence(answer),
        draw_evidence(answer.evidence, look),
        _waterfall(answer, picture, look),
        _next(answer),
    ]
    shown: list[RenderableType] = []
    for part in parts:
        if part:
            shown.extend(["", *part] if shown else part)
    return shown


def _head(answer: Answer | RunResult) -> Text:
    sign, style = STATUS[answer.status]
    text = Text()
    text.append(f"{sign} {answer.status.upper()}", style=style)
    text.append(f" in {span(answer.elapsed_s)} of {answer.budget_s:g} s")
    if answer.status != "failed":
        text.append(f"   confidence {answer.confidence:.2f}")
    text.append(f"   run {clean(answer.run_id)}", style="dim")
    return text


def _summary(answer: Answer | RunResult) -> list[RenderableType]:
    lines: list[RenderableType] = [Text(clean(answer.summary))] if answer.summary else []
    if isinstance(answer, Answer) and answer.unplanned:
        said = f"planned without a language model ({clean(answer.unplanned)})"
        lines.append(Text(said, style="dim"))
    return lines


def _missing(answer: Answer | RunResult) -> list[RenderableType]:
    if not answer.gaps:
        return []
    alike: dict[str, list[str]] = {}
    for gap in answer.gaps:
        reason = clean(gap.reason).removeprefix(f"{clean(gap.tool)}: ")
        alike.setdefault(f"{clean(gap.tool)}: {reason}", []).append(clean(gap.step))
    grid = facts_grid()
    for reason, names in alike.items():
        steps = ", ".join(names[:MOST_STEPS])
        more = f" and {len(names) - MOST_STEPS} more" if len(names) > MOST_STEPS else ""
        grid.add_row(Text(steps + more), Text(reason))
    return [Text("Missing", style="bold"), grid, Padding(Text(_again(answer)), (0, 0, 0, 2))]


def _again(answer: Answer | RunResult) -> str:
    """Return the command that asks for only what is missing; naming no step asks for all of it."""
    steps = ",".join(dict.fromkeys(gap.step for gap in answer.gaps))
    only = f" --only {quoted(steps)}" if len(steps) <= MOST_NAMED else ""
    budget = min(max(answer.budget_s * LONGER, 1.0), 60.0)
    return f"headwater again {quoted(answer.run_id)}{only} --budget {budget:g}"


def _confidence(answer: Answer | RunResult) -> list[RenderableType]:
    if not answer.deductions or answer.status == "failed":
        return []
    grid = facts_grid()
    for one in answer.deductions:
        grid.add_row(Text(f"-{one.amount:.2f}"), Text(clean(one.reason)))
    return [Text("Confidence is less by", style="bold"), grid]


def draw_evidence(evidence: tuple[Evidence, ...], look: Look) -> list[RenderableType]:
    """Return the numbered list of what an answer rests on: tool, source, how much, when seen."""
    if not evidence:
        return []
    grid = facts_grid(columns=3)
    for number, one in enumerate(evidence, 1):
        tool = Text(clean(one.tool or one.step or ""))
        grid.add_row(Text(f"[{number}]"), tool, Text(_amounts(one, look)))
    return [Text("Evidence", style="bold"), grid]


def _amounts(one: Evidence, look: Look) -> str:
    parts = [clean(one.source)]
    if one.count is not None:
        parts.append(f"{one.count:,} {clean(_of_one(one.unit) if one.count == 1 else one.unit)}")
    parts.extend(shortened(clean(record), MOST_RECORD) for record in one.records[:MOST_RECORDS])
    more = len(one.records) - MOST_RECORDS
    if more > 0:
        parts.append(f"+{more}")
    if one.truncated:
        parts.append("cut at its limit")
    seen = instant(one.observed_at)
    if seen is not None:
        here = seen.astimezone(look.zone)
        same_day = look.today is not None and look.today.astimezone(look.zone).date() == here.date()
        at = here.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S")
        parts.append(f"seen {at} {zone_name(look.zone)}")
    return "  ".join(parts)


def _of_one(unit: str) -> str:
    return f"{unit[:-3]}y" if unit.endswith("ies") else unit.removesuffix("s")


def _waterfall(
    answer: Answer | RunResult, picture: Waterfall | None, look: Look
) -> list[RenderableType]:
    if picture is None:
        return []
    shown, hidden = telling_bars(picture, MOST_BARS)
    drawn: list[RenderableType] = [*draw_waterfall(shown, width=look.width)]
    if hidden:
        rest = f"… {hidden} shorter ones: headwater explain {quoted(answer.run_id)}"
        drawn.append(Text(rest, style="dim"))
    return drawn


def _next(answer: Answer | RunResult) -> list[RenderableType]:
    if not isinstance(answer, Answer) or not answer.next:
        return []
    grid = facts_grid()
    for number, question in enumerate(answer.next, 1):
        grid.add_row(Text(str(number), style="cyan"), Text(clean(question)))
    return [Text("Next", style="bold"), grid]
