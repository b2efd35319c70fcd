"""What happened in a session? Told from what is on record of it; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from headwater.model.activity import Activity
from headwater.model.session import Note, RunDigest, Session

MAX_SHOWN = 20
"""Runs, notes and changes told one by one; of the rest only how many there are."""
MAX_LINE = 300


def summary_of(
    session: Session,
    *,
    people: Sequence[str],
    runs: Mapping[str, RunDigest],
    changes: Sequence[Activity],
    ended_at: datetime,
) -> str:
    """Return a few lines: who, how long, what was asked, done, noted and changed.

    Args:
        session: As it is when it ends.
        people: Everyone who took part at some time.
        runs: What is known of its runs; one that is not there is told by its id.
        changes: What these people did in the project meanwhile, in order.
        ended_at: When it ended.
    """
    head = f"{session.goal}: {_lasting(ended_at - session.started_at)}, by {', '.join(people)}."
    asked = [_of_run(one, runs.get(one)) for one in session.runs]
    done = [_of_note(one) for one in session.notes if one.done]
    noted = [_of_note(one) for one in session.notes if not one.done]
    parts = (
        ("Asked", asked),
        ("Done", done),
        ("Noted", noted),
        ("Changed", [of_activity(one) for one in changes]),
    )
    lines = [line for name, told in parts for line in _part(name, told)]
    return "\n".join([head, *lines] if lines else [head, "Nothing was asked, noted or changed."])


def of_activity(one: Activity) -> str:
    """Return what was done as one line."""
    what = f"{one.object_type} {one.object_id} {one.title}".rstrip()
    differ = [
        f"{name} {_value(pair[0])} to {_value(pair[1])}" for name, pair in one.changes.items()
    ]
    return _line(
        f"{one.kind} by {one.actor}: {what}" + (f" ({'; '.join(differ)})" if differ else "")
    )


def _part(name: str, told: Sequence[str]) -> Iterator[str]:
    if not told:
        return
    yield f"{name} ({len(told)}):"
    yield from (f"- {one}" for one in told[:MAX_SHOWN])
    if len(told) > MAX_SHOWN:
        yield f"- and {len(told) - MAX_SHOWN} more"


def _of_run(run_id: str, known: RunDigest | None) -> str:
    if known is None:
        return f"run {run_id}"
    ending = ": ".join(one for one in (known.status, known.summary) if one)
    return _line(f"{known.text} ({ending})" if ending else known.text)


def _of_note(one: Note) -> str:
    return _line(f"{one.text} ({one.by})")


def _lasting(span: timedelta) -> str:
    minutes = max(round(span.total_seconds() / 60), 0)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(str(one) for one in value) or "nothing"
    return str(value)[:80]


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= MAX_LINE else f"{flat[: MAX_LINE - 3]}..."
