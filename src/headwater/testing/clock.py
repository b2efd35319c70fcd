"""How hours pass at once in a test; it is no clock for anything else."""

from __future__ import annotations

from typing import Any


def jumping_clock() -> tuple[str, dict[str, Any]]:
    """Return an `anyio_backend` whose clock jumps over idle time (trio's `MockClock`).

    Use it as pytest's `anyio_backend` parameter, or with `anyio.run(main, backend=name,
    backend_options=options)`. It needs trio; real threads and SQLite do not run on it.
    """
    from trio.testing import MockClock

    return "trio", {"clock": MockClock(autojump_threshold=0)}
