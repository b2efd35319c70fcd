"""A question in plain words is read as what its asker meant, and planned as the table says."""

from __future__ import annotations

import pytest
from describe import describe
from phrasings import PHRASINGS
from question_world import ask_rounds


@pytest.mark.parametrize(("text", "expected"), PHRASINGS, ids=[text for text, _ in PHRASINGS])
def test_a_phrasing_is_planned_as_expected(text: str, expected: str) -> None:
    reading, steps, _, _ = ask_rounds(text)

    assert describe(reading, steps) == expected


def test_the_table_has_enough_phrasings_of_every_intent() -> None:
    intents = {expected.split(":")[0] for _, expected in PHRASINGS}

    assert len({text for text, _ in PHRASINGS}) == len(PHRASINGS) >= 120
    assert intents >= {
        "count", "expand", "history", "impact", "list", "lookup", "path", "rank", "review", "rule",
        "search", "series", "value", "question.out_of_field", "question.unknown_name",
    }  # fmt: skip
