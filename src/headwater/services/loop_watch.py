"""Does something hold up the loop? A beat on the loop, and a thread that looks for it.

When a beat is late, the thread writes down what the loop's thread is doing at that moment: file,
line and function of the frame that blocks. It mends nothing.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections import deque
from types import FrameType

import anyio

from headwater.model.gauge import Gauge

LOG = logging.getLogger(__name__)
BEAT_S = 0.02
LATE_S = 0.1
"""A beat later than this is a stall: FAULTS 7.1 asks for it to be named."""
KEPT = 4096
"""Lags kept, the newest: about 80 s of them."""
STACK_FRAMES = 12


class LoopWatch:
    """Measures by how much the loop is late, and names what blocks it.

    Args:
        late_s: From how many seconds on a late beat is a stall.
    """

    def __init__(self, *, late_s: float = LATE_S) -> None:
        self.stalls = 0
        self.last_stall = ""
        self._late_s = late_s
        self._lags_s: deque[float] = deque(maxlen=KEPT)
        self._beat_at = time.monotonic()
        self._loop_thread = 0
        self._stop = threading.Event()

    async def watch(self) -> None:
        """Beat until cancelled; the looking thread ends with it."""
        self._loop_thread = threading.get_ident()
        self._beat_at = time.monotonic()
        thread = threading.Thread(target=self._look, name="headwater-loop-watch", daemon=True)
        thread.start()
        try:
            while True:
                await anyio.sleep(BEAT_S)
                now = time.monotonic()
                self._lags_s.append(max(0.0, now - self._beat_at - BEAT_S))
                self._beat_at = now
        finally:
            self._stop.set()

    def gauges(self) -> list[Gauge]:
        """Return the lag, in seconds, and how often the loop was held up."""
        lags = [
            Gauge(
                name="headwater_loop_lag_seconds",
                value=self.lag_s(share),
                help="By how much the loop is late, over the last minute or so.",
                labels={"quantile": f"{share:g}"},
            )
            for share in (0.5, 0.99, 1.0)
        ]
        stalls = Gauge(
            name="headwater_loop_stalls_total",
            value=self.stalls,
            help="Times that the loop was held up for more than 100 ms; the log names the frame.",
            kind="counter",
        )
        return [*lags, stalls]

    def lag_s(self, share: float) -> float:
        """Return the lag that this share of the last beats kept within, such as 0.99; seconds."""
        lags = sorted(self._lags_s)
        return lags[min(len(lags) - 1, int(share * len(lags)))] if lags else 0.0

    def _look(self) -> None:
        told_of = 0.0
        while not self._stop.wait(BEAT_S):
            beat_at = self._beat_at
            late_s = time.monotonic() - beat_at - BEAT_S
            if late_s < self._late_s or beat_at == told_of:
                continue
            told_of = beat_at
            self._tell(late_s)

    def _tell(self, late_s: float) -> None:
        frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 (the only way to see another thread)
        self.stalls += 1
        self.last_stall = _named(frame)
        stack = "".join(traceback.format_stack(frame, limit=STACK_FRAMES)) if frame else ""
        LOG.warning("the loop is held up for %.3f s by %s\n%s", late_s, self.last_stall, stack)


def _named(frame: FrameType | None) -> str:
    """Name the innermost frame as file:line function; nothing where the thread has ended."""
    if frame is None:
        return ""
    code = frame.f_code
    return f"{code.co_filename}:{frame.f_lineno} {code.co_name}"
