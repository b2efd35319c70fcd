"""How an error that reached the command line is told, and which status it gives; it mends none."""

from __future__ import annotations

import os
import sys
import traceback

from headwater.entries.cli.encode import document
from headwater.entries.cli.exits import BROKEN_PIPE, BY_FAULT, STOPPED, Stopped
from headwater.errors import EngineBug, HeadwaterError


def status_of(error: BaseException, *, as_json: bool) -> int:
    """Tell of an error, on stdout as JSON where that was asked for, and return the exit status."""
    cause = _innermost(error)
    if isinstance(cause, BrokenPipeError):
        _forget_stdout()
        return BROKEN_PIPE
    if isinstance(cause, KeyboardInterrupt | Stopped):
        _tell({"code": "cli.stopped", "fault": "asker", "message": "stopped"}, as_json=as_json)
        return STOPPED
    known = cause if isinstance(cause, HeadwaterError) else _unforeseen(cause)
    if isinstance(known, EngineBug):
        complain("".join(traceback.format_exception(cause)).rstrip())
    facts = {"code": known.code, "fault": known.fault, "message": known.message}
    _tell(facts, as_json=as_json)
    return BY_FAULT[known.fault]


def complain(line: str) -> None:
    """Write a line to stderr, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _innermost(error: BaseException) -> BaseException:
    """Return the error that task groups wrapped, the first that says what happened."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [_innermost(one) for one in error.exceptions]
    told = [one for one in causes if isinstance(one, HeadwaterError | OSError)]
    return (told or causes)[0]


def _unforeseen(error: BaseException) -> EngineBug:
    message = f"{type(error).__name__}: {error}; this is a defect of Headwater, please report it"
    return EngineBug(message, code="engine.unforeseen")


def _tell(facts: dict[str, str], *, as_json: bool) -> None:
    from headwater.entries.cli.text import clean

    complain(f"headwater: {clean(facts['message'])} [{facts['code']}]")
    if not as_json or sys.stdout is None:
        return
    try:
        sys.stdout.write(document({"status": "failed", "error": facts}) + "\n")
        sys.stdout.flush()
    except OSError:
        _forget_stdout()


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail."""
    if sys.stdout is not None:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
