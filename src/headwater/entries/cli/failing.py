"""How an error that reached the command line is told, and which status it gives; it mends none."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from headwater.entries.cli.exits import BROKEN_PIPE, BY_FAULT, STOPPED, Stopped
from headwater.entries.wire.encode import document
from headwater.entries.wire.faults import facts, innermost, known
from headwater.errors import EngineBug, behind, without_secrets


def status_of(error: BaseException, *, as_json: bool) -> int:
    """Tell of an error, on stdout as JSON where that was asked for, and return the exit status."""
    cause = innermost(error)
    if isinstance(cause, BrokenPipeError):
        _forget_stdout()
        return BROKEN_PIPE
    if isinstance(cause, Stopped) or _interrupted(cause):
        _tell({"code": "cli.stopped", "fault": "asker", "message": "stopped"}, as_json=as_json)
        return STOPPED
    told = known(cause)
    if isinstance(told, EngineBug):
        complain(without_secrets("".join(traceback.format_exception(cause)).rstrip()))
    _tell(facts(told), as_json=as_json)
    return BY_FAULT[told.fault]


def _interrupted(error: BaseException) -> bool:
    """Tell whether Ctrl-C is behind an error: in an import it comes out as something else."""
    return any(isinstance(one, KeyboardInterrupt) for one in behind(error))


def complain(line: str) -> None:
    """Write a line to stderr, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    from headwater.entries.cli.text import clean

    complain(f"headwater: {clean(told['message'])} [{told['code']}]")
    if not as_json or sys.stdout is None:
        return
    try:
        sys.stdout.write(document({"status": "failed", "error": told}) + "\n")
        sys.stdout.flush()
    except OSError:
        _forget_stdout()


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail."""
    if sys.stdout is not None:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
