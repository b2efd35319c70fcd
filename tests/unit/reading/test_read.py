"""How reading goes round by round, and what it makes of any text at all."""

from __future__ import annotations

from describe import describe
from hypothesis import given, settings
from hypothesis import strategies as st
from phrasings import PHRASINGS
from question_world import ask_rounds, question

from headwater.engine.references import evaluate
from headwater.model.item import Candidate
from headwater.model.outcome import Failed, Succeeded
from headwater.reading.read import read
from headwater.toolkit.phrasing import Phrasing

WORDS = st.sampled_from(
    [
        "what",
        "is",
        "breaks",
        "if",
        "fails",
        "how",
        "many",
        "devices",
        "per",
        "site",
        "the",
        "of",
        "in",
        "at",
        "between",
        "and",
        "last",
        "week",
        "since",
        "yesterday",
        "14:00",
        "why",
        "slow",
        "p95",
        "latency",
        "plot",
        "would",
        "have",
        "fired",
        "find",
        "show",
        "list",
        "all",
        "rack",
        "'x'",
        '"y',
        'z"',
        "2026-02-31",
        "-1",
        "99999999999999999h",
        "?",
        "checkout-api",
        "from",
        "to",
        "by",
        "owned",
        "with",
        "depend",
        "on",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join))
CANDIDATES = st.lists(
    st.builds(
        dict,
        kind=st.sampled_from(["item", "rule", "metric", "type", "location", "owner", "tag"]),
        term=st.just("x"),
        score=st.sampled_from([1.0, 0.95, 0.9, 0.88, 0.8, 0.7, 0.6, 0.3]),
        match=st.just("any"),
        name=st.text(min_size=1, max_size=8),
        id=st.integers(1, 9),
        code=st.one_of(st.none(), st.text(min_size=1, max_size=8)),
        type=st.one_of(st.none(), st.sampled_from(["host", "service"])),
        key=st.one_of(st.none(), st.sampled_from(["type", "tags.team"])),
        count=st.one_of(st.none(), st.integers(0, 9)),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_any_text_is_read_without_raising_and_always_alike(text: str) -> None:
    assert read(question(text), {}) == read(question(text), {})


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.data())
def test_whatever_names_mean_reading_raises_nothing_and_repeats_no_step(
    text: str, data: st.DataObject
) -> None:
    first = read(question(text), {})
    known = {
        step.id: Succeeded(value={"terms": [
            {"term": term, "candidates": data.draw(CANDIDATES), "total": 4}
            for term in step.args.get("terms", ())
        ], "estate_empty": False})
        for step in first.steps
    }  # fmt: skip
    second = read(question(text), known)

    assert second == read(question(text), known)
    assert not {step.id for step in second.steps} & known.keys()


def test_a_candidate_keeps_every_field_that_the_tool_gives() -> None:
    reading, _, _, _ = ask_rounds("what is host-1?")

    assert reading.items["subject"] == Candidate(
        kind="item", term="host-1", score=1.0, match=reading.items["subject"].match,
        name="Host 1", id=reading.items["subject"].id, code="host-1", type="host",
        location="eu-west",
    )  # fmt: skip


def test_the_first_round_resolves_and_the_second_asks_with_literal_ids() -> None:
    reading, steps, known, rounds = ask_rounds("what breaks if orders-db fails?")

    assert [step.id for step in read(question("what breaks if orders-db fails?"), {}).steps] == [
        "resolve"
    ]
    assert rounds == 2
    assert reading.steps == ()
    assert steps[-1].args["root"] == known["resolve"].value["terms"][0]["candidates"][0]["id"]


def test_a_review_looks_closer_at_suspicious_dependencies_in_a_third_round() -> None:
    reading, steps, _, rounds = ask_rounds("why is checkout-api slow?")

    assert rounds == 3
    assert [step.id for step in steps if step.id.startswith("suspect_")]
    assert reading.facts["suspects"][0]["metric"] == "cpu_utilization"


def test_the_past_is_read_of_those_dependencies_alone_that_have_samples_in_the_window() -> None:
    _, steps, _, _ = ask_rounds("why is checkout-api slow?")
    asked = {step.id: step.args["ci_ids"]["$"] for step in steps if step.id.startswith("near_")}
    rows = [{"ci": {"id": 7}, "value": 0.0}, {"ci": {"id": 8}, "value": None}]

    assert asked["near_now_1"] == "dependencies.nodes[].id"
    assert evaluate(asked["near_was_1"], {"near_now_1": {"rows": rows}}) == [7]


def test_an_empty_question_and_an_endless_one_are_refused() -> None:
    assert read(question(" \n\t"), {}).code == "question.empty"
    assert read(question("why " * 1000), {}).code == "question.too_long"


def test_an_empty_estate_names_how_to_fill_it() -> None:
    reading, _, _, _ = ask_rounds("what breaks if orders-db fails?", filled=False)

    assert reading.code == "question.empty_estate"
    assert "headwater load" in str(reading.refusal)
    assert "headwater scan" in str(reading.refusal)


def test_nothing_more_is_asked_where_names_could_not_be_resolved() -> None:
    lost = Failed(code="store.gone", fault="store", message="gone")

    assert read(question("what is host-1?"), {"resolve": lost}).steps == ()


def test_a_tool_with_its_own_phrasing_wins() -> None:
    phrasings = (Phrasing("weather.now", "what is the weather in {city}?"),)
    reading = read(question("What is the weather in  Berlin"), {}, phrasings=phrasings)

    assert (reading.intent, dict(reading.steps[0].args)) == ("tool", {"city": "Berlin"})
    assert reading.steps[0].tool == "weather.now"


def test_case_fillers_and_punctuation_change_nothing() -> None:
    plain = "what breaks if orders-db fails"
    for text in (
        "What breaks if orders-db fails?",
        "please, what breaks if orders-db fails??",
        "can you tell me what breaks if orders-db fails, please",
        "what breaks if “orders-db” fails",
        "what  breaks\nif ORDERS-DB fails!",
    ):
        assert describe(*ask_rounds(text)[:2]) == describe(*ask_rounds(plain)[:2]), text


def test_a_name_in_quotes_is_not_taken_for_words_of_the_question() -> None:
    reading = read(question('what is "what breaks if yesterday fails"?'), {})

    assert reading.words["subject"] == "what breaks if yesterday fails"


def test_every_phrasing_needs_at_most_three_rounds_and_no_step_twice() -> None:
    for text, _ in PHRASINGS[::7]:
        _, steps, _, rounds = ask_rounds(text)
        assert rounds <= 3
        assert len({step.id for step in steps}) == len(steps)
