"""What ran beside what, and how each step went: events as bars; it draws nothing by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from headwater.model.event import Event

MOST_WRITING = 200
"""Characters of what a model writes that are kept to be shown."""
BarState = Literal[
    "waiting",
    "running",
    "succeeded",
    "cached",
    "fallback",
    "retried",
    "failed",
    "late",
    "skipped",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step: seconds from the run's start, None where it has not begun or not ended.

    `note` says what the length of the bar does not: `cache`, `2 tries`, `by ci.search_like`.
    `where` is the module that ended or holds it, such as `engine.call`.
    """

    step: str
    tool: str
    start_s: float | None = None
    end_s: float | None = None
    state: BarState = "waiting"
    note: str = ""
    where: str = ""

    @property
    def elapsed_s(self) -> float | None:
        """Return how long the step took, or None where it has not ended."""
        if self.start_s is None or self.end_s is None:
            return None
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The bars of a run in the order of its plan, and the run's own facts.

    `elapsed_s` and `status` are None while it runs; `finishing` is true once an answer was
    asked for before the deadline. `writing` is the end of what a language model writes just now,
    which nobody has checked.
    """

    text: str = ""
    budget_s: float = 0.0
    elapsed_s: float | None = None
    status: str | None = None
    finishing: bool = False
    writing: str = ""
    bars: tuple[Bar, ...] = ()

    @property
    def ended(self) -> int:
        """Return how many steps have ended, in whatever way."""
        return sum(bar.end_s is not None for bar in self.bars)

    @property
    def last_s(self) -> float:
        """Return the last instant that any bar reaches, in seconds from the start."""
        return max((bar.end_s or bar.start_s or 0.0 for bar in self.bars), default=0.0)


@dataclass(slots=True)
class _Row:
    """A bar in the making."""

    step: str
    tool: str = ""
    start_s: float | None = None
    end_s: float | None = None
    state: BarState = "waiting"
    note: str = ""
    where: str = ""


@dataclass(slots=True)
class _Picture:
    """A waterfall in the making."""

    text: str = ""
    budget_s: float = 0.0
    elapsed_s: float | None = None
    status: str | None = None
    finishing: bool = False
    writing: str = ""
    rows: dict[str, _Row] = field(default_factory=dict)

    def row(self, event: Event) -> _Row:
        """Return the row of an event's step, a new one where no plan told of it."""
        step = event.step or ""
        return self.rows.setdefault(step, _Row(step=step))


def waterfall(events: Iterable[Event]) -> Waterfall:
    """Return the picture that the events of one run give, however many there are so far."""
    picture = _Picture()
    for event in events:
        note = _NOTES.get(event.kind)
        if note is not None:
            note(picture, event)
    return Waterfall(
        text=picture.text,
        budget_s=picture.budget_s,
        elapsed_s=picture.elapsed_s,
        status=picture.status,
        finishing=picture.finishing,
        writing=picture.writing,
        bars=tuple(
            Bar(
                step=row.step,
                tool=row.tool,
                start_s=row.start_s,
                end_s=row.end_s,
                state=row.state,
                note=row.note,
                where=row.where,
            )
            for row in picture.rows.values()
        ),
    )


def _started(picture: _Picture, event: Event) -> None:
    picture.text = str(event.data.get("text", ""))
    picture.budget_s = float(event.data.get("budget_s") or 0.0)


def _planned(picture: _Picture, event: Event) -> None:
    for step in event.data.get("steps", ()):
        name = str(step["id"])
        picture.rows.setdefault(name, _Row(step=name, tool=str(step["tool"])))


def _step_started(picture: _Picture, event: Event) -> None:
    row = picture.row(event)
    row.tool = str(event.data.get("tool", row.tool))
    row.start_s = event.offset_s
    row.state = "running"
    row.where = event.where


def _attempt_failed(picture: _Picture, event: Event) -> None:
    row = picture.row(event)
    row.where = event.where
    attempt, of = event.data.get("attempt"), event.data.get("of")
    if event.data.get("retry_in_s") is None:
        row.note = f"try {attempt} failed"
    elif isinstance(attempt, int):
        row.note = f"try {attempt + 1} of {of}"


def _cache_hit(picture: _Picture, event: Event) -> None:
    picture.row(event).note = "cache"


def _flight_joined(picture: _Picture, event: Event) -> None:
    picture.row(event).note = "shared"


def _writing(picture: _Picture, event: Event) -> None:
    text = f"{picture.writing}{event.data.get('text', '')}"
    picture.writing = text[-MOST_WRITING:]


def _written(picture: _Picture, event: Event) -> None:
    del event
    picture.writing = ""


def _fallback_used(picture: _Picture, event: Event) -> None:
    picture.row(event).note = f"by {event.data.get('tool', 'its fallback')}"


def _step_ended(picture: _Picture, event: Event) -> None:
    row = picture.row(event)
    outcome = event.data.get("outcome") or {}
    row.state, row.note = _ending(outcome, row.note)
    row.where = event.where
    row.end_s = event.offset_s
    if row.start_s is None:
        row.start_s = event.offset_s


def _ending(outcome: Mapping[str, Any], before: str) -> tuple[BarState, str]:
    status, attempts = outcome.get("status"), int(outcome.get("attempts") or 0)
    if status == "succeeded":
        return _success(outcome, before)
    if status == "skipped":
        because = str(outcome.get("because", ""))
        return "skipped", "not needed" if because == "when" else f"after {because}"
    tries = f"{attempts} tries" if attempts > 1 else ""
    if status == "late":
        return "late", tries
    return "failed", tries or str(outcome.get("code", ""))


def _success(outcome: Mapping[str, Any], before: str) -> tuple[BarState, str]:
    via, attempts = outcome.get("via"), int(outcome.get("attempts") or 0)
    failures = outcome.get("failures") or ()
    if via == "fallback":
        return "fallback", f"by {outcome.get('via_tool') or before.removeprefix('by ')}"
    if failures:
        return "succeeded", f"{len(failures)} failed inside"
    if via == "cache":
        return "cached", "cache"
    if attempts > 1:
        return "retried", f"{attempts} tries"
    return "succeeded", "shared" if via == "shared" else ""


def _kept(picture: _Picture, event: Event) -> None:
    """Show a step that an earlier run finished, and that this one only kept."""
    row = picture.row(event)
    row.state, row.note, row.where = "cached", "kept", event.where
    row.start_s = row.end_s = event.offset_s


def _finishing(picture: _Picture, event: Event) -> None:
    del event
    picture.finishing = True


def _answered(picture: _Picture, event: Event) -> None:
    picture.writing = ""
    picture.status = str(event.data.get("status", "")) or None
    picture.elapsed_s = float(event.data.get("elapsed_s") or event.offset_s)
    for row in picture.rows.values():
        if row.state == "running":
            row.state, row.end_s, row.note = "late", event.offset_s, ""
        elif row.state == "waiting":
            row.state, row.start_s, row.end_s = "skipped", event.offset_s, event.offset_s
            row.note = row.note or "no time left"


_NOTES: dict[str, Callable[[_Picture, Event], None]] = {
    "run.started": _started,
    "run.planned": _planned,
    "step.started": _step_started,
    "attempt.failed": _attempt_failed,
    "cache.hit": _cache_hit,
    "flight.joined": _flight_joined,
    "model.asked": _written,
    "model.text": _writing,
    "model.answered": _written,
    "model.failed": _written,
    "fallback.used": _fallback_used,
    "step.ended": _step_ended,
    "step.kept": _kept,
    "run.finishing": _finishing,
    "run.answered": _answered,
}
