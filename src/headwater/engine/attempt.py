"""How a tool is asked once; it retries nothing and turns no error into data.

Next: `headwater.packs.ci.tools.search`
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from headwater.engine.hearing import heard
from headwater.engine.journal import SILENCE, Journal
from headwater.engine.threads import Threads
from headwater.errors import HeadwaterError, ToolFault
from headwater.model.call import Call
from headwater.model.evidence import Evidence
from headwater.model.principal import Principal
from headwater.model.remark import Remarks
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import Tool


async def attempt(
    tool: Tool,
    call: Call,
    arguments: Mapping[str, Any],
    *,
    ports: Mapping[str, Any],
    threads: Threads,
    journal: Journal = SILENCE,
) -> Cited[bytes]:
    """Ask a tool once and return its value as JSON, with its evidence.

    What it tells meanwhile, where it asks for `Remarks`, goes to the journal.

    Raises:
        HeadwaterError: what the tool raised; anything else it raised becomes a `ToolFault`.
    """
    kwargs = {**arguments, **ports}
    remarks: Remarks | None = None
    for name, kind in tool.schema.each_call.items():
        if kind is Remarks:
            kwargs[name] = remarks = journal.remarks()
            continue
        kwargs[name] = call.principal if kind is Principal else call.asked
    work = functools.partial(tool.function, **kwargs)
    if tool.blocking:
        work = functools.partial(threads.run, tool.name, work)
    try:
        if remarks is None:
            given = await work()
        else:
            given = await heard(work, remarks, journal=journal, step=call.step)
    except HeadwaterError:
        raise
    except (Exception, SystemExit) as error:
        raise _fault(tool, error) from error
    signature: dict[str, Any] = {"step": call.step, "tool": tool.name, "private": tool.personal}
    if not isinstance(given, Cited):
        named = Evidence(source=tool.name, observed_at=datetime.now(UTC), **signature)
        return Cited(tool.schema.write(given), (named,))
    signed = tuple(one.signed(**signature) for one in given.evidence)
    return Cited(tool.schema.write(given.value), signed, given.keep)


def _fault(tool: Tool, error: BaseException) -> HeadwaterError:
    """Return the fault of ours inside a group, else a new one that names what was raised."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            if isinstance(one, HeadwaterError):
                return one
    words = str(error)[:500] or "no message"
    message = f"{tool.name} raised {type(error).__name__}: {words}"
    return ToolFault(message, code="tool.raised", retry_safe=None)
