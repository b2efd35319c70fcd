"""What references point to, and what they give."""

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.engine.references import evaluate, references_in, resolve, roots
from headwater.errors import UsageError

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3).filter(lambda name: name != "$"), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("find.items[*].id", {"find"}),
        ("length(find.items) > `0`", {"find"}),
        ("a.b || c.d", {"a", "c"}),
        ("[a.id, b.id]", {"a", "b"}),
        ("{x: a.id, y: b[0]}", {"a", "b"}),
        ("a.items[?type=='x' && other].id", {"a"}),
        ("a | b.c", {"a"}),
        ("max_by(a.items, &cost).id", {"a"}),
        ("a[].b[]", {"a"}),
        ("a[0:2]", {"a"}),
        ("a.*.id", {"a"}),
        ("!a.x && b", {"a", "b"}),
        ("join(',', a.items[*].name)", {"a"}),
        ('`{"b": 1}`', set()),
        ("@", set()),
    ],
)
def test_the_steps_an_expression_starts_from(expression, expected):
    assert roots(expression) == expected


@given(plain)
def test_plain_json_without_references_is_itself(value):
    assert resolve(value, {}) == value
    assert list(references_in(value)) == []


@given(plain)
def test_a_reference_gives_what_the_step_gave_wherever_it_stands(value):
    known = {"a": {"v": value}}
    assert resolve({"x": [{"$": "a.v"}]}, known) == {"x": [value]}
    assert list(references_in({"x": [{"$": "a.v"}]})) == ["a.v"]


def test_what_is_not_there_is_null():
    assert evaluate("a.b.c[3].d", {"a": {}}) is None


@pytest.mark.parametrize(
    "bad", ["a[", "((", "", "a..b", "f(", "x" * 5000, "unknown(a)", "abs('x')"]
)
def test_what_is_no_expression_or_cannot_be_evaluated_is_refused(bad):
    with pytest.raises(UsageError) as caught:
        evaluate(bad, {"a": 1})
    assert caught.value.code == "plan.bad_reference"


rows = st.lists(
    st.dictionaries(st.sampled_from(["id", "name"]), plain, max_size=2) | plain, max_size=4
)


@given(rows, st.sampled_from(["[]", "[*]"]))
def test_a_field_of_each_row_is_what_the_library_gives(found, mark):
    known = {"find": {"items": found}}
    expression = f"find.items{mark}.id"
    assert evaluate(expression, known) == jmespath.search(expression, known)
