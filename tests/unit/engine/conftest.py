"""The engine's tests run on asyncio, and on trio with a clock that jumps."""

import pytest

from headwater.testing import jumping_clock


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    if request.param == "asyncio":
        return "asyncio", {}
    return jumping_clock()
