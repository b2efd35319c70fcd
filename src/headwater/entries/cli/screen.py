"""Where words go: results to stdout, everything else to stderr; it decides nothing about them."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console, RenderableType

from headwater.entries.cli.failing import complain
from headwater.entries.cli.look import Look
from headwater.entries.cli.options import Options
from headwater.entries.cli.zone import local_zone
from headwater.entries.wire.encode import document
from headwater.errors import StoreFault

LEAST_WIDTH = 20
MOST_WIDTH = 120
TRAILING = re.compile(r" +$", re.MULTILINE)


class Screen:
    """One command's stdout and stderr, with colours only where a terminal shows them.

    Args:
        options: Whether to be quiet, and whether JSON is wanted.
        lines: Whether to tell each step as a line where stderr is no terminal.
    """

    def __init__(self, options: Options, *, lines: bool = True) -> None:
        self._lines = lines
        self.quiet = options.quiet
        self.json = options.json
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)
        self.zone = local_zone()

    @property
    def tells(self) -> bool:
        """Tell whether progress is to be told in plain lines on stderr."""
        return self._lines and not (self.quiet or self.json or self.err.is_terminal)

    @property
    def draws(self) -> bool:
        """Tell whether progress is to be drawn in place on stderr."""
        return not self.quiet and self.err.is_terminal

    def look(self) -> Look:
        """Return how to draw on stdout now."""
        return Look(width=self.out.width, zone=self.zone, today=datetime.now(UTC))

    def show(self, lines: Iterable[RenderableType]) -> None:
        """Print what was drawn."""
        page = io.StringIO()
        console = Console(
            file=page,
            width=self.out.width,
            force_terminal=self.out.is_terminal,
            no_color=self.out.no_color,
            markup=False,
            emoji=False,
            highlight=False,
        )
        for line in lines:
            console.print(line)
        write(TRAILING.sub("", page.getvalue()))

    def give(self, value: object) -> None:
        """Print one JSON document."""
        write(document(value) + "\n")

    def tell(self, line: str) -> None:
        """Print a line on stderr, unless quiet."""
        if not self.quiet:
            complain(line)


def write(text: str) -> None:
    """Write to stdout and flush it, so that a closed pipe or a full disk shows here.

    Raises:
        BrokenPipeError: whoever read it went away.
        StoreFault: `cli.cannot_write`.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"the result cannot be written to stdout: {error.strerror}; make room for it"
        raise StoreFault(message, code="cli.cannot_write") from error


def _console(stream: TextIO | None) -> Console:
    console = Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=False)
    console.width = min(max(console.width, LEAST_WIDTH), MOST_WIDTH)
    return console
