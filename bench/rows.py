"""What a bar's figure is and whether it is met; it takes none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["met", "missed", "told", "not installed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure beside its bar.

    Args:
        bar: The module that took it.
        what: What was measured.
        figure: As it is shown, with its unit.
        limit: The bar, as it is shown; empty where there is none.
        verdict: Whether the bar is met; `told` where there is none, `failed` where no figure came.
        value: The figure as a number that the limit speaks of.
        note: What else to know.
    """

    bar: str
    what: str
    figure: str
    limit: str = ""
    verdict: Verdict = "told"
    value: float | None = None
    note: str = ""


def at_most(
    bar: str, what: str, *, value: float, limit: float, shown: tuple[str, str], note: str = ""
) -> Row:
    """Return a row whose value may be at most the limit; `shown` is how both are written."""
    verdict: Verdict = "met" if value <= limit else "missed"
    return Row(
        bar=bar, what=what, figure=shown[0], limit=shown[1], verdict=verdict, value=value, note=note
    )


def share(bar: str, what: str, *, ours: float, theirs: float, of: str, limit: float) -> Row:
    """Return a row that says how many times faster we are; the bar is at least `limit` times."""
    times = theirs / ours
    verdict: Verdict = "met" if times >= limit else "missed"
    return Row(
        bar=bar,
        what=what,
        figure=f"1/{times:.1f} ({ours * 1e6:.1f} us)",
        limit=f"1/{limit:g} of {of} ({theirs * 1e6:.0f} us)",
        verdict=verdict,
        value=times,
    )


def absent(bar: str, what: str, distribution: str) -> Row:
    """Return the row of a peer that is not installed."""
    note = f"install the extra bench-peers for {distribution}"
    return Row(bar=bar, what=what, figure="-", verdict="not installed", note=note)


def failed(bar: str, error: BaseException) -> Row:
    """Return the row of a bar that could not be taken, with why."""
    why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return Row(bar=bar, what="the whole bar", figure="-", verdict="failed", note=why)
