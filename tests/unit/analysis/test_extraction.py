"""The sentences chosen say most of what is asked, and not the same twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.asked_terms import asked_terms, section_suits, terms, wants
from headwater.analysis.extraction import Candidate, choose_sentences

WORDS = st.frozensets(st.sampled_from("abcdef"), max_size=4)
CANDIDATES = st.lists(
    st.builds(Candidate, words=WORDS, prior=st.floats(0, 1), context=WORDS), max_size=8
)


def candidate(words: str, prior: float = 1.0) -> Candidate:
    return Candidate(words=frozenset(words.split()), prior=prior)


def test_the_sentence_with_the_asked_words_is_chosen_first() -> None:
    found = choose_sentences(
        [candidate("pod waits"), candidate("disk full"), candidate("disk")],
        {"disk": 1.0, "full": 1.0},
        limit=2,
    )

    assert [at for at, _ in found] == [1, 2]


def test_what_says_the_same_again_stands_behind_what_says_something_new() -> None:
    found = choose_sentences(
        [candidate("disk full now"), candidate("disk full now"), candidate("pod waits")],
        {"disk": 1.0, "pod": 1.0},
        limit=2,
    )

    assert [at for at, _ in found] == [0, 2]


def test_what_is_worth_far_less_is_not_chosen() -> None:
    found = choose_sentences(
        [candidate("disk full"), candidate("pod", 0.1)], {"disk": 1.0}, limit=5
    )

    assert [at for at, _ in found] == [0]


@given(CANDIDATES, st.integers(0, 5))
def test_no_more_than_the_limit_and_none_twice(candidates: list[Candidate], limit: int) -> None:
    found = choose_sentences(candidates, {"a": 1.0, "b": 2.0}, limit=limit)
    places = [at for at, _ in found]

    assert len(places) == len(set(places)) <= limit
    assert all(score > 0 for _, score in found)
    assert all(candidates[at].prior > 0 for at in places)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What do I do about KubePodCrashLooping?", "act"),
        ("How do I fix a full disk?", "act"),
        ("Why does etcd lose its leader?", "diagnose"),
        ("What is the impact of KubeAPIDown?", "impact"),
        ("What does TargetDown mean?", "meaning"),
        ("etcd", "any"),
    ],
)
def test_what_a_question_wants_is_told_by_its_words(question: str, wanted: str) -> None:
    assert wants(question)[0] == wanted


def test_headings_suit_what_stands_under_them() -> None:
    assert section_suits("Mitigation", "act")
    assert section_suits("Troubleshooting steps", "diagnose")
    assert not section_suits("Impact", "act")


def test_telling_words_are_left_and_words_of_asking_weigh_little() -> None:
    weights = asked_terms("What does the runbook say about the KubePodCrashLooping alert?")

    assert weights["pod"] == weights["crash"] == 1.0
    assert weights["runbook"] == weights["alert"] == 0.2
    assert not {"what", "the", "say"} & weights.keys()
    assert terms("the and of") == []
