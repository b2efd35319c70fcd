"""Of texts that say the same in nearly the same words, the first stands for the others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.near_duplicates import fold, resemblance, shingles

TEXTS = st.lists(st.text(alphabet="abc ", max_size=40), max_size=8)
LONG = "Check that all control plane nodes are powered on and that the network between them works"


def test_a_copy_with_one_word_more_is_folded_and_another_text_is_not() -> None:
    places = fold([LONG, "Restart the pod and wait for it", f"{LONG} well", LONG.upper()])

    assert places == [0, 1, 0, 0]


def test_few_words_in_common_are_no_resemblance() -> None:
    assert resemblance(shingles(LONG), shingles("Check that the pods are powered on")) < 0.2


@given(TEXTS)
def test_each_text_is_its_own_or_stands_behind_an_earlier_one_that_is(texts: list[str]) -> None:
    for at, place in enumerate(places := fold(texts)):
        assert place <= at
        assert places[place] == place
        assert resemblance(shingles(texts[at]), shingles(texts[place])) >= 0.8


@given(st.text(), st.text())
def test_resemblance_is_mutual_and_whole_with_itself(first: str, second: str) -> None:
    one, other = shingles(first), shingles(second)

    assert resemblance(one, other) == resemblance(other, one)
    assert 0 <= resemblance(one, other) <= 1
    assert resemblance(one, one) == 1
