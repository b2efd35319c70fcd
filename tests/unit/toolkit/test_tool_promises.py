"""What a tool may promise of itself, and what does not go together."""

import pytest

from headwater import tool
from headwater.errors import UsageError


@pytest.mark.parametrize(
    ("promises", "words"),
    [
        ({"cacheable": True}, "idempotent=True"),
        ({"concurrency": 0}, "start at 1"),
        ({"attempts": 0}, "start at 1"),
        ({"within_s": 0}, "above 0"),
        ({"dated_by": ("window",)}, "window"),
        ({"secret": True, "cacheable": True, "idempotent": True}, "secret"),
        ({"secret": True, "phrasings": ("what is the key",)}, "secret"),
    ],
)
def test_promises_that_do_not_go_together_are_refused_by_name(promises, words):
    with pytest.raises(UsageError, match=words) as error:

        @tool(name="t.bad", description="Promise too much.", **promises)
        async def bad() -> int:
            return 1

    assert error.value.code == "tool.bad_promise"
    assert "t.bad" in error.value.message


@pytest.mark.parametrize("name", ["Shop.size", "size", "shop.", "shop size"])
def test_a_name_is_a_dotted_path_in_lower_case(name):
    with pytest.raises(UsageError, match=r"namespace\.name") as error:

        @tool(name=name, description="Be called oddly.")
        async def odd() -> int:
            return 1

    assert error.value.code == "tool.bad_name"
