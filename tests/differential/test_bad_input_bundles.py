"""Broken bundles: each is refused by file, line and reason, and leaves the estate as it was."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater import Headwater
from headwater.errors import UsageError

ITEM = '{"code":"a","name":"a","type":"host"}\n'
HEAD = "metric,ci,at,value\n"
AT = "1795132800"
PACKED = gzip.compress((HEAD + "".join(f"m,a,{int(AT) + n},{n}\n" for n in range(9_000))).encode())


def attributes(value: str) -> str:
    return '{"code":"a","name":"a","type":"host","attributes":{"x":' + value + "}}\n"


LINES: list[tuple[str, str | bytes, str]] = [
    ("items.jsonl", ITEM.encode("utf-16"), "line 1"),
    ("items.jsonl", ITEM.encode() + b'{"code":"b\xff"}\n', "line 2"),
    ("items.jsonl", ITEM + '{"code":"b","na', "line 2"),
    ("items.jsonl", '[{"code":"a"}]\n', "line 1"),
    ("items.jsonl", '{"code":5,"name":"a","type":"x"}\n', "code"),
    ("items.jsonl", '{"code":"","name":"a","type":"x"}\n', "code"),
    ("items.jsonl", '{"code":"a\\u0000","name":"a","type":"x"}\n', "NUL"),
    ("items.jsonl", '{"code":"a\\ud800","name":"a","type":"x"}\n', "surrogate"),
    ("items.jsonl", '{"code":"a","name":"a","type":"x","colour":1}\n', "colour"),
    ("items.jsonl", '{"code":"' + "a" * 100_000 + '","name":"a","type":"x"}\n', "code"),
    ("items.jsonl", attributes("NaN"), "NaN"),
    ("items.jsonl", attributes("1e400"), "1e400"),
    ("items.jsonl", attributes("9" * 30), "64 bits"),
    ("items.jsonl", attributes('"\\udfff"'), "surrogate"),
    ("items.jsonl", attributes("[" * 100_000 + "]" * 100_000), "nested"),
    ("items.jsonl", attributes("[" * 200 + "]" * 200), "nested"),
    ("items.jsonl", attributes('"' + "x" * 50_000_000 + '"'), "longer than"),
    ("relations.jsonl", '{"source":"a","target":"gone","type":"x"}\n', "gone"),
    ("history.jsonl", '{"ci":"a","kind":"x","at":"soon","title":"t"}\n', "soon"),
    ("history.jsonl", '{"ci":"a","kind":"x","at":2,"ended_at":1,"title":"t"}\n', "ended_at"),
    ("metrics.jsonl", '{"name":"m","kind":"odd"}\n', "kind"),
    ("samples.csv", "metric,ci,at\nm,a,1\n", "line 1"),
    ("samples.csv", HEAD.replace(",", ";") + f"m;a;{AT};1\n", "line 1"),
    *[
        ("samples.csv", f"{HEAD}m,a,{AT},1\n{line}\n", "line 3")
        for line in (
            f"m,a,{AT},NaN", f"m,a,{AT},1e400", f"m,a,{AT},0x10", f"m,a,{AT},1_0", f"m,a,{AT},",
            "m,a,nan,1", "m,a,1e18,1", "m,a,-1e30,1", "m,a,0000-01-01T00:00:00Z,1",
            "m,a,99999-01-01T00:00:00Z,1", f"m,gone,{AT},1", f"m,a,{AT},1,1", "m,a",
            f"m\x00,a,{AT},1", f"m,{'a' * 200_000},{AT},1", f'"m,a,{AT},1',
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "named"), LINES, ids=range(len(LINES)))
def test_a_bad_line_is_named_and_its_file_changes_nothing(
    tmp_path: Path, name: str, text: str | bytes, named: str
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    write(good, "items.jsonl", ITEM)
    write(bad, name, text)
    with Headwater.open(f"sqlite:///{tmp_path / 'estate.db'}") as hw:
        hw.load(good)
        before = hw.call("ci.list_preview").value
        with pytest.raises(UsageError) as refused:
            hw.load(bad)
        assert refused.value.code == "load.bad_line"
        assert refused.value.message.startswith(f"{name}, line ")
        assert named in refused.value.message
        assert len(refused.value.message) < 1_000
        after = hw.call("ci.list_preview").value
    assert after == before


@pytest.mark.parametrize("store", ["memory:", "sqlite"])
def test_bad_lines_can_be_left_out_and_are_listed(tmp_path: Path, store: str) -> None:
    texts = [text for name, text, _ in LINES if name == "items.jsonl" and isinstance(text, str)]
    bad = "".join(text.removeprefix(ITEM) for text in texts)
    write(tmp_path / "b", "items.jsonl", ITEM + bad)
    url = store if store == "memory:" else f"sqlite:///{tmp_path / 'estate.db'}"
    with Headwater.open(url) as hw:
        report = hw.load(tmp_path / "b", skip_bad=True)
        assert report.counts["items"].added == 1
        assert report.bad_total == len(report.bad_lines) == bad.count("\n")
        assert hw.call("ci.aggregate").value["total_items"] == 1


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + ITEM.encode(),
        ITEM.replace("\n", "\r\n").encode(),
        b"\n\n  \n" + ITEM.encode() + b"\r\n\n",
        ITEM.rstrip().encode(),
    ],
    ids=["mark", "crlf", "blank", "no end"],
)
def test_what_editors_do_to_a_file_does_no_harm(tmp_path: Path, text: bytes) -> None:
    write(tmp_path / "b", "items.jsonl", text)
    write(tmp_path / "b", "samples.csv", b"\xef\xbb\xbfci,value,metric,at\r\na,7,m,1795132800\r\n")
    with Headwater.open("memory:") as hw:
        report = hw.load(tmp_path / "b")
    assert (report.counts["items"].added, report.counts["samples"].added) == (1, 1)


def folder_in_place(path: Path) -> None:
    (path / "relations.jsonl").mkdir()


def broken_link(path: Path) -> None:
    (path / "relations.jsonl").symlink_to("/no/such")


def link_to_itself(path: Path) -> None:
    (path / "relations.jsonl").symlink_to("relations.jsonl")


def cut_short(path: Path) -> None:
    write(path, "samples.csv.gz", PACKED[: len(PACKED) // 2])


def not_packed(path: Path) -> None:
    write(path, "samples.csv.gz", b"hello")


@pytest.mark.parametrize(
    "spoil", [folder_in_place, broken_link, link_to_itself, cut_short, not_packed]
)
def test_a_file_that_cannot_be_read_is_named_and_not_taken_for_absent(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    write(tmp_path / "b", "items.jsonl", ITEM)
    spoil(tmp_path / "b")
    with Headwater.open("memory:") as hw, pytest.raises(UsageError) as refused:
        hw.load(tmp_path / "b")
    assert refused.value.code == "load.unreadable"
    assert str(tmp_path / "b") in refused.value.message


def test_a_folder_that_holds_itself_is_loaded_once(tmp_path: Path) -> None:
    write(tmp_path / "b", "items.jsonl", ITEM)
    (tmp_path / "b" / "again").symlink_to(tmp_path / "b")
    with Headwater.open("memory:") as hw:
        assert hw.load(tmp_path / "b").counts["items"].read == 1


def test_netbox_dumps_cut_short_or_of_another_shape_are_refused(tmp_path: Path) -> None:
    row = {"model": "dcim.site", "pk": 1, "fields": {"name": "S", "slug": "s"}}
    whole = json.dumps([row] * 50)
    spoiled = [whole[:-1], whole[: len(whole) // 2], "{}", "[1]", "[" * 99_999, '[{"model": 5}]']
    for number, text in enumerate(spoiled):
        file = write(tmp_path, f"{number}.json", text)
        with Headwater.open("memory:") as hw, pytest.raises(UsageError) as refused:
            hw.load(file, kind="netbox")
        assert refused.value.code in {"load.not_json", "load.unknown_shape"}
        assert str(file) in refused.value.message


def write(folder: Path, name: str, text: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name
