"""What a tool says of its sources comes back whole, with who was asked."""

from dataclasses import fields, replace
from datetime import UTC, datetime

from headwater.model.evidence import Evidence
from headwater.model.window import Window
from headwater.testing import open_harness
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

AT = datetime(2026, 1, 2, tzinfo=UTC)
FULL = Evidence(
    source="s", step="no", tool="no", count=3, unit="u", records=("a", "b"), query="q",
    window=Window(AT, AT), observed_at=AT, truncated=True,
)  # fmt: skip


async def test_evidence_keeps_every_field_but_step_and_tool():
    @tool(name="t.cited", description="Give evidence.")
    async def cited() -> Cited[int]:
        return Cited(1, (FULL,))

    given = [one for one in fields(Evidence) if one.name != "private"]
    assert all(getattr(FULL, one.name) != one.default for one in given)
    async with open_harness([cited]) as engine:
        outcome = await engine.call("t.cited")
    assert outcome.evidence == (replace(FULL, step="call", tool="t.cited"),)
    assert FULL.step == "no"
