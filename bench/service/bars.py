"""Rows that several bars give: shares, counts, and how late the loop was; it measures nothing."""

from __future__ import annotations

from bench.rows import Row, Verdict, at_most
from bench.service.servers import Server

LAG_S = 0.05


def at_least(
    bar: str, what: str, *, value: float, limit: float, shown: tuple[str, str], note: str = ""
) -> Row:
    """Return a row whose value must be at least the limit; `shown` is how both are written."""
    verdict: Verdict = "met" if value >= limit else "missed"
    shown_limit = f"at least {shown[1]}"
    return Row(
        bar=bar,
        what=what,
        figure=shown[0],
        limit=shown_limit,
        verdict=verdict,
        value=value,
        note=note,
    )


def none(bar: str, what: str, count: float, note: str = "") -> Row:
    """Return a row of something that must not happen."""
    return at_most(bar, what, value=count, limit=0, shown=(f"{count:g}", "0"), note=note)


def loop_rows(bar: str, when: str, server: Server, *, stalls_before: float) -> list[Row]:
    """Return how late the loop was by the server's own numbers, just now."""
    lag_s = server.gauge("headwater_loop_lag_seconds", quantile="0.99")
    stalls = stalls_of(server) - stalls_before
    return [
        at_most(
            bar,
            f"loop lag, p99, {when}",
            value=lag_s,
            limit=LAG_S,
            shown=(f"{lag_s * 1e3:.0f} ms", f"{LAG_S * 1e3:.0f} ms"),
        ),
        none(bar, f"times that the loop was held up for over 100 ms, {when}", stalls),
    ]


def stalls_of(server: Server) -> float:
    """Return how often a server's loop was held up until now."""
    return server.gauge("headwater_loop_stalls_total")


def ms(seconds: float) -> str:
    """Return seconds as they are shown."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"
