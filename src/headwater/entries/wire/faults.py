"""How an error is told by every entry: its facts as plain JSON; it chooses no status."""

from __future__ import annotations

from typing import Any

from headwater.errors import EngineBug, HeadwaterError


def known(error: BaseException) -> HeadwaterError:
    """Return the error of ours that says what happened; anything else is a defect of ours."""
    cause = innermost(error)
    if isinstance(cause, HeadwaterError):
        return cause
    words = f"{type(cause).__name__}: {cause}"
    message = f"{words}; this is a defect of Headwater, please report it"
    return EngineBug(message, code="engine.unforeseen")


def innermost(error: BaseException) -> BaseException:
    """Return the error that task groups wrapped, the first that says what happened."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [innermost(one) for one in error.exceptions]
    told = [one for one in causes if isinstance(one, HeadwaterError | OSError)]
    return (told or causes)[0]


def facts(error: HeadwaterError) -> dict[str, Any]:
    """Return what an error says, as JSON: `code`, `fault`, `message`, perhaps more of its own."""
    told = {**(error.facts or {}), "code": error.code, "fault": error.fault}
    told["message"] = error.message
    if error.retry_after_s is not None:
        return told | {"retry_after_s": error.retry_after_s}
    return told
