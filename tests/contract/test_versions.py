"""Data versions behave alike behind every adapter."""

from __future__ import annotations

import pytest

from contract.estates import MINE, OTHERS, Ports, load_items, rows
from headwater.errors import UsageError

LOADED = ("inventory", "relations", "metrics", "history", "rules")
OF_WORK = ("teams", "projects", "workitems", "sessions", "activities")
"""They show names of items, so they rise with inventory too."""
NONE = dict.fromkeys((*LOADED, "documents", "vectors", "work", *OF_WORK), 0)


async def test_nothing_written_is_version_nought_of_every_port(estate: Ports) -> None:
    assert await estate.versions.current(principal=MINE) == NONE


@pytest.mark.parametrize("port", LOADED)
async def test_a_load_raises_the_version_of_its_port_alone_and_of_its_tenant_alone(
    estate: Ports, port: str
) -> None:
    await getattr(estate, port).load(rows([]), replace=False, principal=MINE)
    first = await estate.versions.current(principal=MINE)
    work = dict.fromkeys(OF_WORK, first["inventory"])
    assert first == NONE | {port: first[port]} | work
    assert first[port] > 0
    await getattr(estate, port).load(rows([]), replace=True, principal=MINE)
    assert (await estate.versions.current(principal=MINE))[port] > first[port]
    assert await estate.versions.current(principal=OTHERS) == NONE


async def test_samples_raise_the_version_of_metrics(estate: Ports) -> None:
    await load_items(estate, "a")
    await estate.metrics.load_samples(rows([("cpu", "a", 0, 1.0)]), replace=False, principal=MINE)
    found = await estate.versions.current(principal=MINE)
    loaded = {"inventory": found["inventory"], "metrics": found["metrics"]}
    assert found == NONE | loaded | dict.fromkeys(OF_WORK, found["inventory"])
    assert found["metrics"] > 0


async def test_a_refused_load_raises_nothing(estate: Ports) -> None:
    with pytest.raises(UsageError):
        await load_items(estate, "")
    assert await estate.versions.current(principal=MINE) == NONE
