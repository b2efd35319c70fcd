"""What holds for every tool we ship: promises, schemas, sizes of arguments, and citing."""

from __future__ import annotations

import pytest

from headwater.errors import UsageError
from headwater.model.item import ItemName
from headwater.model.moment import Asked
from headwater.model.query import Filter, Measure
from headwater.packs.arguments import described
from headwater.packs.cep import tools as cep
from headwater.packs.ci import tools as ci
from headwater.packs.ci.measures import CountDistinct, read_measure
from headwater.packs.citing import ci_records, told
from headwater.packs.estate import tools as estate
from headwater.packs.estate.matching import likeness
from headwater.packs.graph import tools as graph
from headwater.packs.history import tools as history
from headwater.packs.metric import tools as metric
from headwater.toolkit.registry import tools_of
from headwater.toolkit.tool import Tool

TOOLS = [tool for pack in (estate, ci, metric, graph, history, cep) for tool in tools_of(pack)]
NAMES = {
    "estate.resolve", "ci.search", "ci.search_like", "ci.get", "ci.get_by_code", "ci.aggregate",
    "ci.list_preview", "metric.aggregate", "metric.series_table", "graph.expand", "graph.path",
    "history.recent", "cep.simulate",
}  # fmt: skip
by_name = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def test_the_shipped_tools_are_these() -> None:
    assert {tool.name for tool in TOOLS} == NAMES
    assert [tool.name for tool in TOOLS if not tool.listed] == ["ci.search_like"]


@by_name
def test_every_tool_may_be_retried_and_those_that_read_no_clock_may_be_cached(tool: Tool) -> None:
    assert tool.idempotent
    assert tool.cacheable == (Asked not in tool.schema.supplied.values())


@by_name
def test_every_tool_is_asynchronous_and_says_what_it_does_in_a_sentence(tool: Tool) -> None:
    assert not tool.blocking
    assert tool.description.endswith(".")
    assert len(tool.description) <= 120


@by_name
def test_an_argument_that_is_not_known_is_refused_by_name(tool: Tool) -> None:
    with pytest.raises(UsageError, match="colour"):
        tool.schema.decode({"colour": 1})


@by_name
def test_arguments_and_results_have_a_schema_without_what_the_engine_supplies(tool: Tool) -> None:
    assert tool.schema.result
    properties = tool.schema.arguments["properties"]
    assert properties.keys().isdisjoint(tool.schema.supplied)


def test_a_fallback_takes_the_same_arguments() -> None:
    assert ci.search.schema.arguments["properties"] == ci.search_like.schema.arguments["properties"]


def test_measures_are_read_from_each_of_their_forms() -> None:
    distinct = Measure(kind="count_distinct", field="tags.team")
    assert read_measure("count") == Measure()
    assert read_measure("count_distinct( tags.team )") == distinct
    assert read_measure(CountDistinct("tags.team")) == distinct
    for wrong in ("sum", "count_distinct()", "count_distinct(a", {"count_distinct": 3}, {}):
        with pytest.raises(UsageError, match="metrics"):
            ci.aggregate.schema.decode({"metrics": [wrong]})


def test_what_was_asked_is_told_briefly_and_names_only_what_was_given() -> None:
    text = told("search", where=[Filter("type", "eq", "x")], of=None, by=[], codes=["a"] * 9)
    assert text == "search, where type eq x, codes a and a and a and a and a and 4 more"
    assert len(told("x", value="y" * 1_000)) < 100
    assert described(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert ci_records(ItemName(one, f"c{one}", "n") for one in range(9))[-1] == "ci 4 c4"


@pytest.mark.parametrize(
    ("term", "name", "match"),
    [
        ("Net Ops", "net-ops", "exact"),
        ("servers", "server", "plural"),
        ("switches", "switch", "plural"),
        ("proxies", "proxy", "plural"),
        ("virtual machines", "virtual_machine", "plural"),
        ("serv", "server", "prefix"),
        ("latency", "http.latency", "words"),
        ("sevrer", "server", "fuzzy"),
        ("rack", "server", ""),
        ("", "server", ""),
        ("--", "--", "exact"),
    ],
)
def test_a_term_is_likened_to_a_name(term: str, name: str, match: str) -> None:
    score, how = likeness(term, name, exact=0.9)
    assert how == match
    assert (score > 0) == bool(match)
    assert score <= 0.9
