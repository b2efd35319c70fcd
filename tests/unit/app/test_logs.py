"""Log lines: JSON, one each, with what is bound, and no secret or control character in them."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.app.api_keys import make_key
from headwater.app.logs import MOST_CHARS, Redactor, bound, set_up_logs
from headwater.errors import StoreFault, UsageError, without_secrets

LOG = logging.getLogger("headwater.tests")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def lines() -> Iterator[Any]:
    """Log to memory, and give a function that returns the lines so far as dicts."""
    root = logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    stream = io.StringIO()
    set_up_logs(secrets=["known-s3cret"], stream=stream)
    logging.captureWarnings(False)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("headwater").setLevel(logging.NOTSET)
    logging.raiseExceptions = raises


def test_a_line_is_json_with_its_level_time_and_place(lines: Any) -> None:
    LOG.warning("the run log is behind by %d events", 3)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "message": "the run log is behind by 3 events",
        "level": "warning",
        "logger": "headwater.tests",
    }


async def test_what_is_bound_is_on_the_lines_of_its_block_and_of_its_tasks(lines: Any) -> None:
    async def work(name: str) -> None:
        with bound(run_id=name):
            await anyio.lowlevel.checkpoint()
            LOG.info("in %s", name)

    with bound(request_id="q-1"):
        async with anyio.create_task_group() as group:
            group.start_soon(work, "r-1")
            group.start_soon(work, "r-2")
        LOG.info("after")
    LOG.info("outside")
    told = [(one.get("request_id"), one.get("run_id"), one["message"]) for one in lines()]
    assert sorted(told[:2]) == [("q-1", "r-1", "in r-1"), ("q-1", "r-2", "in r-2")]
    assert told[2:] == [("q-1", None, "after"), (None, None, "outside")]


def test_a_line_cannot_be_broken_or_coloured(lines: Any) -> None:
    with bound(request_id="a\r\nb\x1b[31m"):
        LOG.info('one\r\n{"message": "forged"}\x1b[2J\u202e\x85')
    (line,) = lines()
    assert line["message"].startswith("one\r\n")  # escaped in the line itself


def test_an_error_is_told_with_its_trace_and_without_secrets(lines: Any) -> None:
    def fail() -> None:
        message = "postgres://app:known-s3cret@db failed for hunter22"
        raise ValueError(message)

    try:
        fail()
    except ValueError:
        LOG.exception("it failed with %s", {"password": "hunter22"})
    (line,) = lines()
    assert "in fail" in line["exception"]
    assert "s3cret" not in json.dumps(line)
    assert "app:***@db" in line["exception"]


def test_a_log_call_that_is_wrong_shows_nothing(
    lines: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    LOG.info("%d", "known-s3cret")
    assert capsys.readouterr() == ("", "")
    assert lines() == []


def test_long_texts_are_cut(lines: Any) -> None:
    LOG.info("x" * 100_000)
    (line,) = lines()
    assert len(line["message"]) < MOST_CHARS + 100


def test_warnings_are_lines_too(lines: Any) -> None:
    logging.captureWarnings(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("password=hunter22", stacklevel=1)
    finally:
        logging.captureWarnings(False)
    assert "hunter22" not in json.dumps(lines())
    assert len(lines()) == 1


KEY = make_key()[1]
SECRETS = [
    f"key {KEY} of mine",
    f"Authorization: Bearer {KEY}",
    "Authorization: bearer abc.DEF-123_~+/==",
    "authorization: Basic dXNlcjpodW50ZXIyMg==",
    "postgresql+asyncpg://app:hunter22@db:5432/estate",
    "redis://:hunter22@cache/0",
    "mysql://app:hun/ter@22@db/estate",
    "host=db password=hunter22 user=app",
    "password = 'hunter22 with spaces'",
    '{"password": "hunter22"}',
    "PGPASSWORD=hunter22",
    "https://x/y?access_token=hunter22&z=1",
    "api_key=hunter22",
    "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
]
PLAIN = [
    "metric hw_disk_temp_celsius_maximum_of_all is unknown",
    "make it with `headwater keys create`",
    "send `Authorization: Bearer KEY` with a key in force",
    "a secret: 32 bytes or more",
    "https://example.org/a:b and ann@example.org",
    "tokens = words of a name",
    "sqlite:///C:/data/estate.db",
]


@pytest.mark.parametrize("text", SECRETS, ids=range(len(SECRETS)))
def test_what_looks_like_a_secret_is_masked_in_errors_and_logs(text: str) -> None:
    for masked in (
        without_secrets(text),
        UsageError(text, code="x.y").message,
        str(StoreFault(text, code="x.y")),
        Redactor([]).text(text),
    ):
        assert "***" in masked
        for secret in ("hunter22", "ter@22", KEY[-30:], "DEF-123", "dXNlcjp", "eyJzdWIi", "spaces"):
            assert secret not in masked


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_the_id_of_a_key_stays_for_whoever_looks_for_it() -> None:
    assert without_secrets(KEY).startswith(KEY[:15])


@given(st.text(max_size=200))
def test_masking_is_done_once_and_for_all(text: str) -> None:
    assert without_secrets(without_secrets(text)) == without_secrets(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(before=st.text(max_size=20), value=JSON)
def test_a_known_secret_is_found_wherever_it_is(before: str, value: Any) -> None:
    event = {"event": f"{before}known-s3cret", "deep": [{"known-s3cret": value}], "o": object()}
    told = Redactor(["known-s3cret", "x"])(None, "", event)
    assert "known-s3cret" not in json.dumps(told)


def test_fields_named_as_secrets_are_not_shown() -> None:
    told = Redactor([])(None, "", {"event": "x", "headers": {"Authorization": "abc", "Host": "h"}})
    assert told == {"event": "x", "headers": {"Authorization": "***", "Host": "h"}}
