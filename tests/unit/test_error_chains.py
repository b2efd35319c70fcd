"""What stands behind an error: each cause once, also where one stands behind itself."""

from __future__ import annotations

from headwater.errors import behind


def test_causes_come_in_order_and_a_circle_of_them_ends() -> None:
    first, second, third = ValueError("first"), OSError("second"), KeyError("third")
    first.__cause__, second.__context__, third.__context__ = second, third, first

    assert list(behind(first)) == [first, second, third]
    assert list(behind(None)) == []
