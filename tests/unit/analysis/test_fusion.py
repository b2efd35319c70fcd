"""Several searches' finds are taken together by their places, whatever their scores."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.fusion import fuse

LANES = st.dictionaries(
    st.sampled_from(["keyword", "vector", "name"]),
    st.lists(st.integers(0, 30), unique=True, max_size=20),
    max_size=3,
)


def test_what_both_lanes_have_stands_before_what_one_has_first() -> None:
    fused = fuse({"keyword": [1, 2], "vector": [3, 2]})

    assert [one.id for one in fused] == [2, 1, 3]
    assert fused[0].ranks == {"keyword": 2, "vector": 2}
    assert fused[0].score == 2 / 62


def test_a_weight_makes_a_lane_count_more() -> None:
    lanes = {"keyword": [1], "vector": [2]}

    assert fuse(lanes, weights={"vector": 2.0})[0].id == 2


@given(LANES)
def test_everything_found_is_there_once_best_first(lanes: dict[str, list[int]]) -> None:
    fused = fuse(lanes)

    assert sorted(one.id for one in fused) == sorted(set().union(*lanes.values()))
    assert [one.score for one in fused] == sorted((one.score for one in fused), reverse=True)
    assert fuse(dict(reversed(lanes.items()))) == fused


@given(st.lists(st.integers(0, 30), max_size=20))
def test_one_lane_alone_keeps_its_order(found: list[int]) -> None:
    assert [one.id for one in fuse({"keyword": found})] == list(dict.fromkeys(found))


@given(LANES, st.integers(0, 30))
def test_being_found_by_one_lane_more_never_hurts(lanes: dict[str, list[int]], one: int) -> None:
    def score(among: dict[str, list[int]]) -> float:
        return next((each.score for each in fuse(among) if each.id == one), 0.0)

    assert score({**lanes, "further": [one]}) > score(lanes)
