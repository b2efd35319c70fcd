"""A passage contains a claim where it has its words and figures, and does not deny it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.asked_terms import terms
from headwater.analysis.containment import find_claim
from headwater.analysis.disagreement import Statement, disagreements
from headwater.analysis.quantities import quantities

PASSAGE = (
    "A client certificate used to authenticate to the apiserver is expiring in less than 7 days\n"
    "(warning alert) or 24 hours (critical alert). Users shouldn't increase CPU limits."
)


@pytest.mark.parametrize(
    "claim",
    [
        "Users shouldn't increase CPU limits.",
        "client certificate used to authenticate to the apiserver is expiring in less than 7 days",
        "The alert on an expiring client certificate is critical at 24 h",
        "The alert on an expiring client certificate is critical at one day",
    ],
)
def test_what_the_passage_says_is_contained(claim: str) -> None:
    found = find_claim(claim, PASSAGE)

    assert found.contained
    assert all(PASSAGE[start:end].strip() for start, end in found.spans)


def test_a_figure_that_is_not_there_is_named() -> None:
    found = find_claim("The client certificate alert is critical at 48 hours", PASSAGE)

    assert found.missing_figures == ("48 hours",)
    assert not found.contained


def test_a_negation_on_one_side_alone_denies() -> None:
    found = find_claim("Users should increase CPU limits", PASSAGE)

    assert found.share == 1
    assert found.denied
    assert not found.contained


def test_words_that_are_not_there_are_named_and_headings_may_bring_them() -> None:
    claim = "The Kubernetes apiserver certificate is expiring"

    assert find_claim(claim, PASSAGE).missing == ("kubernet",)
    assert find_claim(claim, PASSAGE, known="Kubernetes").missing == ()


@pytest.mark.parametrize("claim", ["", "...", "is it so"])
def test_a_claim_without_words_is_contained_nowhere(claim: str) -> None:
    assert not find_claim(claim, PASSAGE).contained


@given(st.integers(0, 160), st.integers(0, 160))
def test_whatever_stands_in_the_passage_is_contained(start: int, length: int) -> None:
    piece = PASSAGE[start : start + length]
    found = find_claim(piece, PASSAGE)

    assert found.contained == bool(terms(piece))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(claim: str, passage: str) -> None:
    found = find_claim(claim, passage)

    assert 0 <= found.share <= 1
    assert all(0 <= start <= end <= len(passage) for start, end in found.spans)


def test_figures_come_in_one_unit_and_not_from_names() -> None:
    text = "p99 of v1.2.3 at 1,500 ms, 90% for four hours since 10.0.7.3:10254; one thing, 2d"

    assert [(one.value, one.unit) for one in quantities(text)] == [
        (1.5, "s"),
        (90.0, "%"),
        (14_400.0, "s"),
        (172_800.0, "s"),
    ]


@given(st.text())
def test_figures_stand_where_they_say(text: str) -> None:
    for one in quantities(text):
        assert text[one.start : one.end].strip() == text[one.start : one.end] != ""


def test_two_sources_that_differ_in_a_figure_are_shown() -> None:
    said = [
        Statement("The payment pool allows at most 50 connections per host.", 1),
        Statement("At most 80 connections per host are allowed by the payment pool.", 2),
        Statement("Restart the payment host after 5 minutes.", 3),
    ]

    (one,) = disagreements(said)
    assert (one.first, one.second) == (0, 1)
    assert (one.first_figure, one.second_figure) == ("50", "80")
    assert {"payment", "pool", "host"} <= set(one.about)


def test_the_same_figure_in_another_unit_and_one_source_alone_do_not_differ() -> None:
    day = "The certificate of the api server expires in 1 day."
    hours = "The certificate of the api server expires in 24 hours."
    week = "The certificate of the api server expires in 7 days."

    assert disagreements([Statement(day, 1), Statement(hours, 2)]) == []
    assert disagreements([Statement(day, 1), Statement(week, 1)]) == []
    assert len(disagreements([Statement(day, 1), Statement(week, 2)])) == 1
