"""Whatever an answer holds, its picture fits the terminal, and no text in it gives orders."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from headwater.composing.waterfall import Bar, BarState, Waterfall
from headwater.entries.cli.look import Look
from headwater.entries.cli.render_answer import draw_answer, draw_evidence
from headwater.entries.cli.render_bars import SIGNS, draw_head, draw_waterfall
from headwater.entries.cli.render_blocks import draw_block
from headwater.entries.cli.render_lists import (
    draw_explanation,
    draw_load,
    draw_replay,
    draw_runs,
    draw_tools,
    place,
)
from headwater.entries.cli.render_outcome import draw_outcome
from headwater.entries.cli.render_table import draw_table
from headwater.model.answer import Answer, Deduction, Gap
from headwater.model.block import (
    Block,
    GraphBlock,
    NumberBlock,
    PathBlock,
    SeriesBlock,
    TableBlock,
    TextBlock,
    TimelineBlock,
)
from headwater.model.event import Event, RunRecord
from headwater.model.evidence import Evidence
from headwater.model.explanation import Explanation, ToolInfo
from headwater.model.load import BadLine, LoadCount, LoadReport
from headwater.model.outcome import Failed, Late, Skipped, Succeeded
from headwater.model.replay import Difference, ReplayReport

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
WIDTHS = [40, 80, 120]
EVIL = "\x1b[31mred\u202e[bold]x[/bold] 日本語日本語 👨\u200d👩 {} % " + "long" * 30
NASTY = st.text(st.characters(), max_size=40) | st.sampled_from([EVIL, "[/]", "日本" * 30, ""])


def draw(lines: list[RenderableType], width: int, *, colours: bool = False) -> str:
    file = io.StringIO()
    console = Console(
        file=file, width=width, markup=False, emoji=False, highlight=False, force_terminal=colours
    )
    for line in lines:
        console.print(line)
    return file.getvalue()


def look(width: int) -> Look:
    return Look(width=width, zone=BERLIN, today=NOON)


def fits(shown: str, width: int) -> bool:
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    return all(cell_len(line) <= width for line in shown.split("\n"))


def node(number: int, text: str, depth: int = 0) -> dict[str, Any]:
    names = {"id": number, "code": text, "name": text}
    return {**names, "type": "service", "status": None, "criticality": "high", "depth": depth}


def blocks_of(text: str) -> tuple[Block, ...]:
    points = tuple(
        ((NOON + timedelta(minutes=one)).isoformat(), 100 * math.sin(one)) for one in range(90)
    )
    end = (NOON + timedelta(minutes=90)).isoformat()
    nodes = tuple(node(one, text, min(one, 2)) for one in range(40))
    edge = {"id": 1, "source": {"id": 0}, "target": {"id": 1}, "type": text}
    entry = {"ci": node(1, text), "kind": text, "at": NOON.isoformat(), "severity": text}
    return (
        TextBlock(title=text, lines=(text, "two\nlines")),
        NumberBlock(title=text, value=1234.5678, unit=text),
        NumberBlock(title=text, value=None, unit="ms"),
        TableBlock(title=text, columns=("one", text), rows=((text, 3), (None, 4.5)), total=9),
        TableBlock(title=text, columns=tuple("abcdefghijkl"), rows=((text,) * 12,), total=1),
        TableBlock(title=text, columns=("one",), rows=(), total=0),
        SeriesBlock(title=text, unit=text, points=points, start=NOON.isoformat(), end=end),
        SeriesBlock(title=text, unit=None, points=(), start=NOON.isoformat(), end=end),
        GraphBlock(title=text, root=nodes[0], nodes=nodes, edges=(edge,), direction="in"),
        PathBlock(title=text, nodes=nodes[:2], edges=(edge,)),
        PathBlock(title=text, nodes=(), edges=()),
        TimelineBlock(title=text, entries=({**entry, "title": text},), total=3),
    )


def answer_of(text: str) -> Answer:
    return Answer(
        run_id=text or "r",
        question=text,
        status="partial",
        summary=text,
        blocks=blocks_of(text),
        evidence=(Evidence(tool=text, source=text, count=3, records=(text,) * 5, unit=text),),
        gaps=(Gap(step=text, tool=text, reason=text, code="x"),),
        confidence=0.5,
        deductions=(Deduction(0.5, text),),
        next=(text,),
        budget_s=5,
        elapsed_s=5,
    )


def bars_of(text: str) -> Waterfall:
    states: list[BarState] = list(SIGNS)
    bars = tuple(
        Bar(step=text, tool=text, start_s=0.1 * at, end_s=0.4, state=state, note=text)
        for at, state in enumerate(states)
    )
    return Waterfall(text=text, budget_s=1.0, bars=bars)


@given(NASTY, st.sampled_from(WIDTHS))
@settings(max_examples=40, deadline=None)
def test_an_answer_is_never_wider_than_the_terminal_and_gives_it_no_orders(
    text: str, width: int
) -> None:
    assert fits(draw(draw_answer(answer_of(text), bars_of(text), look(width)), width), width)
    live: list[RenderableType] = [
        *draw_head(bars_of(text), width=width, now_s=0.4),
        *draw_waterfall(bars_of(text), width=width, now_s=0.4),
    ]
    assert fits(draw(live, width), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_lists_are_never_wider_than_the_terminal_and_give_it_no_orders(width: int) -> None:
    record = RunRecord(
        run_id="r", tenant=EVIL, principal=EVIL, kind="ask", text=EVIL, asked_at=NOON, budget_s=5
    )
    event = Event(
        run_id="r", seq=0, offset_s=0.1, kind="x", where="engine.call", data={"text": EVIL}
    )
    info = ToolInfo(
        name=EVIL,
        description=EVIL,
        arguments={"properties": {EVIL: {}, "limit": {}}, "required": [EVIL]},
        result={},
        idempotent=True,
        cacheable=True,
        within_s=None,
        fallback=None,
        phrasings=(),
    )
    report = LoadReport(
        source=EVIL,
        counts={EVIL: LoadCount(read=3, added=3)},
        bad_lines=(BadLine(EVIL, 3, EVIL),),
        bad_total=40,
    )
    replayed = ReplayReport(
        run_id="r",
        replay_run_id="s",
        mode="parallel",
        equal=False,
        steps=1,
        differences=(Difference(step=EVIL, path=EVIL, before=EVIL, after=[EVIL]),) * 30,
        original_s=None,
        replay_s=1.0,
        steps_s=1.0,
    )
    value = {"items": [node(1, EVIL)], "total": 1, EVIL: {"deep": [EVIL]}}
    for lines in (
        draw_runs([record], look(width)),
        draw_explanation(Explanation(run=record, events=(event,)), look(width)),
        draw_tools([info]),
        draw_load(report, look(width)),
        draw_replay(replayed, look(width)),
        draw_outcome(EVIL, Succeeded(value=value), look(width)),
        draw_outcome(EVIL, Succeeded(value=[value]), look(width)),
        draw_outcome(EVIL, Failed(code="x", fault="tool", message=EVIL), look(width)),
        draw_outcome(EVIL, Late(message=EVIL), look(width)),
        draw_outcome(EVIL, Skipped(because="a", message=EVIL), look(width)),
    ):
        assert fits(draw(lines, width), width)


def test_status_time_and_confidence_come_first_and_what_is_missing_says_how_to_get_it() -> None:
    answer = Answer(
        run_id="01ABC",
        question="q",
        status="partial",
        summary="It is slow. [1]",
        evidence=(Evidence(tool="metric.aggregate", count=240, unit="samples", observed_at=NOON),),
        gaps=(
            Gap(step="peers", tool="metric.aggregate", reason="no answer in time", code="x"),
            Gap(step="alerts", tool="cep.simulate", reason="refused", code="x"),
        ),
        confidence=0.71,
        deductions=(Deduction(0.29, "two steps are missing"),),
        next=("what changed?",),
        budget_s=5,
        elapsed_s=5.004,
    )
    shown = draw(draw_answer(answer, None, look(80)), 80).splitlines()
    assert shown[0] == "◐ PARTIAL in 5.00 s of 5 s   confidence 0.71   run 01ABC"
    assert shown[1] == "It is slow. [1]"
    joined = "\n".join(line.rstrip() for line in shown)
    assert "  headwater again 01ABC --only peers,alerts --budget 10" in joined
    assert "[1]  metric.aggregate  estate  240 samples  seen 13:00:00 Berlin" in joined
    assert "-0.29  two steps are missing" in joined
    assert "1  what changed?" in joined


def test_colours_come_beside_signs_and_never_instead_of_them() -> None:
    signs = [sign for sign, _, _ in SIGNS.values()]
    assert len(set(signs)) == len(signs)
    assert all(cell_len(sign) == 1 for sign in signs)
    coloured = draw([*draw_waterfall(bars_of("x"), width=80)], 80, colours=True)
    assert "\x1b[" in coloured


def test_a_series_tells_its_extremes_with_their_instants() -> None:
    points = tuple(
        ((NOON + timedelta(minutes=one)).isoformat(), float(one % 7)) for one in range(60)
    )
    end = (NOON + timedelta(hours=1)).isoformat()
    block = SeriesBlock(title="p95", unit="ms", points=points, start=NOON.isoformat(), end=end)
    shown = draw(draw_block(block, look(80)), 80)
    assert "p95 (ms)" in shown
    assert "min 0 at 13:00" in shown
    assert "max 6 at 13:06" in shown
    assert "13:00 to 14:00 Berlin" in shown


def test_no_data_is_said_and_is_not_zero() -> None:
    shown = draw(draw_block(NumberBlock(title="p95", value=None, unit="ms"), look(80)), 80)
    assert "no data" in shown
    assert "ms" not in shown


def test_a_graph_counts_what_it_does_not_show() -> None:
    nodes = tuple(node(one, f"n{one}", min(one, 1)) for one in range(40))
    edges = tuple(
        {"id": one, "source": {"id": one}, "target": {"id": 0}, "type": "uses"}
        for one in range(1, 40)
    )
    block = GraphBlock(title="g", root=nodes[0], nodes=nodes, edges=edges, direction="in")
    shown = draw(draw_block(block, look(80)), 80)
    assert shown.count("n") >= 6
    assert "… 33 more (all of them with --json)" in shown


def test_a_cycle_and_a_self_loop_are_drawn_once() -> None:
    nodes = (node(1, "a"), node(2, "b", 1))
    edges = tuple(
        {"id": at, "source": {"id": one}, "target": {"id": two}, "type": "uses"}
        for at, (one, two) in enumerate([(1, 2), (2, 1), (1, 1), (2, 2)])
    )
    block = GraphBlock(title="g", root=nodes[0], nodes=nodes, edges=edges, direction="both")
    shown = draw(draw_block(block, look(80)), 80)
    assert shown.count("b  service") == 1


def test_a_path_shows_which_way_each_relation_points() -> None:
    nodes = (node(1, "a"), node(2, "b"), node(3, "c"))
    edges = (
        {"id": 1, "source": {"id": 1}, "target": {"id": 2}, "type": "uses"},
        {"id": 2, "source": {"id": 3}, "target": {"id": 2}, "type": "runs_on"},
    )
    shown = draw(draw_block(PathBlock(title="p", nodes=nodes, edges=edges), look(80)), 80)
    assert "↓ uses" in shown
    assert "↑ runs_on" in shown


def test_an_event_is_placed_in_its_file_and_line() -> None:
    assert place("engine.call").startswith("headwater/engine/call.py:")
    assert place("no.such") == ""
    source = Path(place.__code__.co_filename).parents[2]
    for where, verb in (
        ("engine.call", "async def call("),
        ("app.service", "class AsyncHeadwater"),
    ):
        file, _, number = place(where).removeprefix("headwater/").rpartition(":")
        assert verb in (source / file).read_text().splitlines()[int(number) - 1]


@pytest.mark.parametrize(("unit", "said"), [("items", "1 item"), ("entries", "1 entry")])
def test_one_thing_is_said_in_the_singular(unit: str, said: str) -> None:
    shown = draw(draw_evidence((Evidence(tool="t", count=1, unit=unit),), look(80)), 80)
    assert said in [part.strip() for part in shown.split("  ")]
    assert f"2 {unit}" in draw(draw_evidence((Evidence(count=2, unit=unit),), look(80)), 80)


def test_a_value_that_differs_is_shown_on_one_line_and_cut() -> None:
    differs = Difference(step="s", path="value", before=None, after={"rows": [{"id": 1}] * 500})
    report = ReplayReport(
        run_id="r",
        replay_run_id="s",
        mode="parallel",
        equal=False,
        steps=1,
        differences=(differs,),
        original_s=None,
        replay_s=1.0,
        steps_s=1.0,
    )
    shown = draw(draw_replay(report, look(80)), 80)
    assert '{ "rows": [ { "id": 1 }' in " ".join(shown.split())
    assert len(shown.splitlines()) < 16
    assert "…" in shown


def test_of_many_steps_the_ones_that_tell_most_are_drawn_and_the_rest_counted() -> None:
    bars = tuple(
        Bar(step=f"s{at}", tool="t.x", start_s=0, end_s=at / 100, state="succeeded")
        for at in range(40)
    )
    late = Bar(step="cut", tool="t.y", start_s=0, end_s=0.001, state="late")
    answer = Answer(run_id="r-1", question="q", status="complete", summary="s")
    picture = Waterfall(bars=(*bars, late))
    shown = draw(draw_answer(answer, picture, look(80)), 80)
    assert "t.y cut" in shown
    assert "t.x s39" in shown
    assert "t.x s3 " not in shown
    assert "… 17 shorter ones: headwater explain r-1" in shown


@pytest.mark.parametrize("width", range(80, 90))
def test_what_stays_in_one_piece_takes_nothing_from_the_other_columns(width: int) -> None:
    columns = ["id", "code", "role", "used", "until (UTC)", "mail"]
    row = [1, "q" * 32, "member", "1 of 1", "11-28 14:28", "bob@example.org"]
    console = Console(width=width, force_terminal=False)
    with console.capture() as shown:
        console.print(*draw_table(columns, [row], width=width, whole=2))
    assert "q" * 32 in shown.get()
    mail = "".join(line[69:] for line in shown.get().splitlines()[2:])
    assert "".join(mail.split()) == "bob@example.org"
