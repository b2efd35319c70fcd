"""What every tool of work promises: what it shows is its asker's own."""

from __future__ import annotations

import pytest

from headwater.app.wiring import shipped_packs
from headwater.toolkit.registry import tools_of
from headwater.toolkit.tool import Tool

TOOLS = [one for pack in shipped_packs() for one in tools_of(pack) if one.name.startswith("work.")]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: str(tool.name))
def test_a_tool_of_work_shows_its_asker_alone_and_asks_an_operator_to_write(tool: Tool) -> None:
    assert tool.personal, "a run that shows it would be seen by all of the tenant"
    if tool.name != "work.join":
        assert (tool.role == "reader") == tool.idempotent
