"""Bad lines of a bundle: named with file, line and reason, or skipped and counted."""

import gzip
import json
from pathlib import Path

import pytest
from gathering import gather, reasons

from headwater.errors import UsageError
from headwater.model.load import Rows
from headwater.sources.bundle import lines
from headwater.sources.bundle.read import bundle_supply

GOOD = '{"code": "a", "name": "A", "type": "service"}'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"code": "a", "name": "A"}', "type is missing"),
        ('{"code": "a", "name": "A", "type": 3}', "type must be text, not a number"),
        ('{"code": " ", "name": "A", "type": "s"}', "code must be one line"),
        ('{"code": "a", "name": "A", "type": "s", "colour": 1}', "unknown field 'colour'"),
        ('{"code": "a", "code": "b", "name": "A", "type": "s"}', "'code' is there twice"),
        ('{"code": "a", "name": "A", "type": "s", "tags": ["x"]}', "tags must be an object"),
        ('{"code": "a", "name": "A", "type": "s", "tags": {"x": {}}}', "tags.x must be text"),
        (
            '{"code": "a", "name": "A", "type": "s", "attributes": {"x": NaN}}',
            "NaN is not a number",
        ),
        ('{"code": "a", "name": "A", "type": "s", "attributes": {"x": 1e999}}', "too large"),
        ('{"code": "a\\u0000", "name": "A", "type": "s"}', "NUL or half of a surrogate"),
        (
            '{"code": "a", "name": "A", "type": "s", "attributes": {"\\ud800": 1}}',
            "half of a surrogate",
        ),
        ('["a"]', "must be a JSON object"),
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_item_names_its_line_and_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    found = reasons(tmp_path, "items.jsonl", f"{GOOD}\n\n{line}\n{GOOD}\n")
    assert list(found) == [3]
    assert reason in found[3]


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("relations.jsonl", {"source": "a", "type": "uses"}, "target is missing"),
        ("metrics.jsonl", {"name": "cpu", "kind": "histogram"}, "gauge or counter"),
        ("history.jsonl", {"ci": "a", "kind": "change", "title": "t"}, "at is missing"),
        ("history.jsonl", {"ci": "a", "kind": "change", "title": "t", "at": "soon"}, "no instant"),
        (
            "history.jsonl",
            {"ci": "a", "kind": "c", "title": "t", "at": 5, "ended_at": 4},
            "before at",
        ),
        (
            "history.jsonl",
            {"ci": "a", "kind": "c", "title": "t", "at": 5, "severity": "bad"},
            "severity",
        ),
        ("rules.jsonl", {"code": "r"}, "trigger is missing"),
        ("rules.jsonl", {"code": "r", "trigger": {"a": 1}, "enabled": "yes"}, "true or false"),
        ("rules.jsonl", {"code": "r", "trigger": {"a": 1}}, "trigger: type is missing"),
        (
            "rules.jsonl",
            {"code": "r", "trigger": {"type": "event", "condition": {"nor": []}}},
            "trigger: condition",
        ),
    ],
)
def test_a_bad_line_of_any_file_says_what_is_wrong(
    tmp_path: Path, name: str, line: dict[str, object], reason: str
) -> None:
    assert reason in reasons(tmp_path, name, json.dumps(line))[1]


def test_bytes_that_are_not_utf8_are_named_with_their_line(tmp_path: Path) -> None:
    found = reasons(tmp_path, "items.jsonl", GOOD.encode() + b'\n{"code": "\xff"}\n')
    assert "not UTF-8" in found[2]


def test_without_skipping_the_first_bad_line_refuses_the_file(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(f"{GOOD}\nnonsense\n")
    with pytest.raises(UsageError, match=r"items\.jsonl, line 2: not JSON") as caught:
        gather(bundle_supply(path).items)
    assert caught.value.code == "load.bad_line"


def test_a_mark_at_the_start_blank_lines_and_windows_line_ends_are_tolerated(
    tmp_path: Path,
) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{GOOD}\r\n\r\n  \r\n{GOOD}".encode())
    records, rows = gather(bundle_supply(path).items)
    assert [one.code for one in records] == ["a", "a"]
    assert rows.read_bytes == path.stat().st_size


def test_numbers_and_flags_among_tags_become_text(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"code":"a","name":"A","type":"s","tags":{"n":1,"f":true,"t":"x","no":null}}')
    [item], rows = gather(bundle_supply(path).items)
    assert item.tags == {"n": "1", "f": "true", "t": "x"}
    assert rows.scope == {"bundle"}


def test_a_line_without_end_is_bad_and_the_next_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "items.jsonl"
    with path.open("wb") as file:
        file.write(GOOD.encode() + b"\n")
        file.write(b"x" * (lines.MAX_LINE_BYTES + 3 * lines.BLOCK_BYTES) + b"\n")
        file.write(GOOD.encode() + b"\n")
    records, rows = gather(bundle_supply(path).items, skip_bad=True)
    assert len(records) == 2
    assert [bad.line for bad in rows.bad_lines] == [2]


def test_lines_keep_their_numbers_across_blocks(tmp_path: Path) -> None:
    path = tmp_path / "any"
    count = 40_000
    path.write_text("".join(f"{number:09}\n" for number in range(1, count + 1)))
    rows: Rows[object] = Rows("any")
    assert all(int(line) == number for number, line in lines.lines(path, rows))
    assert path.stat().st_size > lines.BLOCK_BYTES


def test_a_cut_off_packed_file_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv.gz"
    text = "metric,ci,at,value\n" + "".join(f"cpu,a,{at},{at % 7}.5\n" for at in range(50_000))
    path.write_bytes(gzip.compress(text.encode())[:-100])
    with pytest.raises(UsageError) as caught:
        gather(bundle_supply(path).samples, skip_bad=True)
    assert caught.value.code == "load.unreadable"


def test_samples_packed_and_plain_at_once_are_refused(tmp_path: Path) -> None:
    for name in ("samples.csv", "samples.csv.gz"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        bundle_supply(tmp_path)
    assert caught.value.code == "load.samples_twice"
