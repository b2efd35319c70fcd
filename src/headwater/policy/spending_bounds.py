"""Which bound would a request of a language model pass? It keeps no account and reads no clock."""

from __future__ import annotations

from datetime import date

from headwater.model.spending import Amount, Bounds, Spent


def bound_passed(of_day: Spent, of_run: Spent | None, asked: Amount, *, bounds: Bounds) -> str:
    """Return the name of the first bound that would be passed, or nothing where none would.

    Args:
        of_day: What the tenant has used and set aside on this day.
        of_run: The same of the run, None where the request belongs to none.
        asked: What the request may take at the most.
        bounds: The most of each; 0 is no bound.
    """
    found = _of(
        "day",
        of_day,
        asked,
        most=Amount(tokens=bounds.tokens_per_day, micros=bounds.micros_per_day),
    )
    if found or of_run is None:
        return found
    return _of(
        "run",
        of_run,
        asked,
        most=Amount(tokens=bounds.tokens_per_run, micros=bounds.micros_per_run),
    )


def scopes_of(day: date, run_id: str | None) -> tuple[str, ...]:
    """Return the accounts that a request is booked to: the day's and, if it has one, the run's."""
    return (day.isoformat(), run_id) if run_id else (day.isoformat(),)


def _of(span: str, spent: Spent, asked: Amount, *, most: Amount) -> str:
    so_far = spent.most
    if most.tokens and so_far.tokens + asked.tokens > most.tokens:
        return f"tokens_per_{span}"
    if most.micros and so_far.micros + asked.micros > most.micros:
        return f"cost_per_{span}"
    return ""
