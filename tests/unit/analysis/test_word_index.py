"""Passages are found by their words as a plain count of all would find them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.analysis.word_index import (
    ANYWHERE,
    NO_WORDS,
    Among,
    IndexedPassage,
    WordIndex,
    encode_words,
)
from headwater.analysis.words import (
    Collection,
    PassageWords,
    asked_words,
    best_first,
    bm25,
    passage_words,
    rarity,
    stem,
    words,
)

WORDS = ["pod", "disk", "node", "full", "down", "host", "queue"]
PASSAGES = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=12)


def indexed(number: int, text: str) -> IndexedPassage:
    cut = passage_words(text, title="", section="")
    return IndexedPassage(number, number // 3, cut.length, encode_words(cut))


def brute_force(held: dict[int, str], query: str, among: Among) -> list[tuple[int, float]]:
    cut = {number: passage_words(text, title="", section="") for number, text in held.items()}
    whole = Collection(len(cut), sum(one.length for one in cut.values()))
    rarities = {
        word: rarity(count, whole)
        for word in asked_words(query)
        if (count := sum(word in one.weights for one in cut.values()))
    }
    scores = [
        (number, bm25(rarities, one.weights, length=one.length, average=whole.average))
        for number, one in cut.items()
        if (among.documents is None or number // 3 in among.documents)
        and number // 3 not in among.not_documents
        and (among.passages is None or number in among.passages)
    ]
    return best_first([one for one in scores if one[1] > 0], 5)


@settings(max_examples=150, deadline=None)
@given(
    rounds=st.lists(st.tuples(PASSAGES, st.sets(st.integers(0, 40))), max_size=6),
    query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join),
    among=st.sampled_from(
        [ANYWHERE, Among(documents=(0, 1, 2)), Among(not_documents=(1,)), Among(passages={2, 3, 9})]
    ),
)
def test_an_index_that_was_added_to_and_taken_from_ranks_as_brute_force(
    rounds: list[tuple[list[str], set[int]]], query: str, among: Among
) -> None:
    index, held, number = NO_WORDS, dict[int, str](), 0
    for texts, gone in rounds:
        new = {number + place: text for place, text in enumerate(texts)}
        number += len(texts)
        before, was = index, index.search(query, limit=5, among=among)
        index = index.with_more([indexed(*one) for one in new.items()])
        held |= new
        if gone & held.keys():
            held = {one: text for one, text in held.items() if one not in gone}
            index = index.without(np.array(sorted(gone), dtype=np.int64))
        assert index.rows == len(held)
        assert index.search(query, limit=5, among=among) == brute_force(held, query, among)
        assert before.search(query, limit=5, among=among) == was, "an index never changes"


@settings(max_examples=50, deadline=None)
@given(texts=PASSAGES, query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join))
def test_an_index_of_the_words_asked_for_alone_ranks_as_the_whole_one(
    texts: list[str], query: str
) -> None:
    rows = [indexed(number, text) for number, text in enumerate(texts)]
    whole = NO_WORDS.with_more(rows).search(query, limit=9, among=ANYWHERE)
    some: WordIndex = NO_WORDS
    for row in rows:
        some = some.with_more([row], only=asked_words(query))
    assert some.search(query, limit=9, among=ANYWHERE) == whole
    assert some.size_bytes <= NO_WORDS.with_more(rows).size_bytes + 200 * len(rows)


def test_a_word_said_more_often_than_can_be_kept_counts_as_often_as_can() -> None:
    many = PassageWords({"pod": 10**6}, 10**6)
    index = NO_WORDS.with_more([IndexedPassage(1, 1, many.length, encode_words(many))])
    [(number, score)] = index.search("pod", limit=1, among=ANYWHERE)
    assert number == 1
    assert math.isfinite(score)


def test_names_are_cut_where_a_reader_would_cut_them() -> None:
    assert words("KubePodCrashLooping") == ["kubepodcrashloop", "kub", "pod", "crash", "loop"]
    assert words("CPUThrottlingHigh")[1:] == ["cpu", "throttl", "high"]
    assert words("K8sNodeDown")[1:] == words("k8s node down")
    assert words("plain words only, ÜNÏ") == ["plain", "word", "only", "uni"]
    assert words("?!") == []


def test_endings_of_one_word_meet() -> None:
    for one, other in (
        ("throttled", "throttling"), ("nodes", "node"), ("crashed", "crash"), ("looping", "loop"),
        ("queries", "query"), ("stopped", "stop"), ("databases", "database"),
    ):  # fmt: skip
        assert stem(one) == stem(other)
    for kept in ("status", "etcd", "is", "dns", "redis", "process", "红绿", "a1s"):
        assert stem(kept) == kept
