"""An upload becomes a bundle's folder, or is refused; nothing in it is believed."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import HeadwaterError, LimitError, UsageError
from headwater.model.load import Rows
from headwater.sources.bundle.read import bundle_supply
from headwater.sources.unpack import check_media_type, unpack

ZIP, LINES = "application/zip", "application/x-ndjson"
ITEM = {"code": "a", "name": "a", "type": "host"}
ROOM = 1_000_000


def packed(entries: dict[str, bytes], **options: Any) -> bytes:
    """Return a zip of these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def opened(tmp_path: Path, data: bytes, media_type: str = ZIP, most_bytes: int = ROOM) -> Path:
    """Unpack an upload into a folder of its own."""
    folder, upload = tmp_path / "work", tmp_path / "upload"
    folder.mkdir(exist_ok=True)
    upload.write_bytes(data)
    return unpack(upload, folder, media_type=media_type, most_bytes=most_bytes)


def names_in(folder: Path) -> list[str]:
    """Return the files of a folder."""
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.parametrize("prefix", ["", "estate/", "deep/estate/"])
def test_a_zipped_bundle_is_unpacked_whatever_folder_it_is_in(tmp_path: Path, prefix: str) -> None:
    line = json.dumps(ITEM).encode()
    entries = {
        f"{prefix}items.jsonl": line,
        f"{prefix}samples.csv": b"m,a,0,1\n",
        f"{prefix}README.md": b"hello",
        f"__MACOSX/{prefix}._items.jsonl": b"?",
        f"{prefix}.hidden.json": b"?",
    }
    folder = opened(tmp_path, packed(entries))
    assert names_in(folder) == ["items.jsonl", "samples.csv"]
    assert (folder / "items.jsonl").read_bytes() == line


@pytest.mark.parametrize(
    "name",
    [
        "../items.jsonl", "a/../../items.jsonl", "/items.jsonl", "C:/items.jsonl",
        "..\\items.jsonl", "a\\items.jsonl",
    ],
)  # fmt: skip
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as raised:
        opened(tmp_path, packed({"items.jsonl": b"", name: b"x"}))
    assert raised.value.code == "upload.bad_entry"
    assert names_in(tmp_path) == ["upload", "work"]
    assert names_in(tmp_path / "work") == []


def test_a_link_is_refused(tmp_path: Path) -> None:
    file, link = io.BytesIO(), zipfile.ZipInfo("items.jsonl")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UsageError) as raised:
        opened(tmp_path, file.getvalue())
    assert raised.value.code == "upload.bad_entry"


def test_an_entry_that_says_it_is_encrypted_is_refused(tmp_path: Path) -> None:
    data = bytearray(packed({"items.jsonl": b"x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UsageError) as raised:
        opened(tmp_path, bytes(data))
    assert raised.value.code == "upload.bad_entry"


def test_a_method_that_may_take_any_memory_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("items.jsonl", b"x")
    with pytest.raises(UsageError) as raised:
        opened(tmp_path, file.getvalue())
    assert raised.value.code == "upload.bad_entry"


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        opened(tmp_path, packed({"a/items.jsonl": b"x", "b/items.jsonl": b"y"}))
    assert raised.value.code == "upload.bad_entry"


def test_a_bomb_is_refused_by_what_it_says(tmp_path: Path) -> None:
    bomb = packed({"items.jsonl": b"0" * 30_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(LimitError) as raised:
        opened(tmp_path, bomb, most_bytes=100_000_000)
    assert raised.value.code == "upload.too_large"
    with pytest.raises(LimitError):
        opened(tmp_path, packed({"items.jsonl": b"0" * 2_000_000}))


def test_a_bomb_that_lies_about_its_size_is_refused_as_it_is_unpacked(tmp_path: Path) -> None:
    size = 30_000_000
    bomb = packed({"items.jsonl": b"0" * size})
    lie = bomb.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != bomb
    with pytest.raises(HeadwaterError) as raised:
        opened(tmp_path, lie, most_bytes=100_000_000)
    assert raised.value.code in {"upload.too_large", "upload.not_a_zip"}
    written = (tmp_path / "work" / "items.jsonl").stat().st_size
    assert written <= 20_000_000


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitError) as raised:
        opened(tmp_path, packed({f"{number}/x": b"" for number in range(101)}))
    assert raised.value.code == "upload.too_large"


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_broken_zip_is_refused_and_never_leads_out(tmp_path: Path, data: st.DataObject) -> None:
    broken = bytearray(packed({"a/items.jsonl": b'{"x": 1}\n' * 50, "rules.jsonl": b"y"}))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(broken)))
    try:
        opened(tmp_path, bytes(broken[:cut]))
    except HeadwaterError as error:
        assert error.code.startswith("upload.")  # noqa: PT017 (either is well)
    assert names_in(tmp_path) == ["upload", "work"]
    assert set(names_in(tmp_path / "work")) <= {"items.jsonl", "rules.jsonl"} | {
        name for name in names_in(tmp_path / "work") if name.endswith((".json", ".jsonl", ".csv"))
    }


def test_lines_go_to_the_files_of_their_parts_and_keep_their_numbers(tmp_path: Path) -> None:
    lines = [
        {"part": "items", **ITEM},
        {"part": "samples", "metric": "m", "ci": 'a "b", c', "at": 5, "value": 1.5},
        {"part": "items", **ITEM, "code": "b", "tags": {"ü": "\u2028"}},
        {"part": "rules", "code": "r", "trigger": {}},
    ]
    text = "\ufeff" + "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    folder = opened(tmp_path, text.encode(), LINES)
    assert names_in(folder) == ["items.jsonl", "rules.jsonl", "samples.csv"]
    supply = bundle_supply(folder)
    rows: Rows[Any] = Rows("items.jsonl")
    items = list(supply.items.records(rows))
    assert [(number, item.code) for number, item in items] == [(1, "a"), (5, "b")]
    rows = Rows("samples.csv")
    assert list(supply.samples.records(rows)) == [(3, ("m", 'a "b", c', 5_000_000, 1.5))]


def test_a_bad_record_is_told_by_its_number_in_the_upload(tmp_path: Path) -> None:
    text = json.dumps({"part": "rules", "code": "r", "trigger": {}})
    bad = json.dumps({"part": "items", **ITEM, "colour": "red"})
    folder = opened(tmp_path, f"{text}\n{bad}\n".encode(), LINES)
    rows: Rows[Any] = Rows("items.jsonl")
    with pytest.raises(UsageError, match=r"items\.jsonl, line 2"):
        list(bundle_supply(folder).items.records(rows))


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"[]", b'{"part": "itmes"}', b'{"code": "a"}', b'{"part": ["items"]}', b"\xff",
        b'{"part": "items", "code": "a", "code": "b"}', b'{"part": "items", "x": NaN}',
        b'"' + b"x" * 5_000_000 + b'"',
    ],
)  # fmt: skip
def test_a_line_that_belongs_nowhere_is_refused(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(UsageError, match=r"the upload, line 2") as raised:
        opened(tmp_path, b'{"part": "items"}\n' + line + b"\n", LINES)
    assert raised.value.code == "load.bad_line"


def test_a_dump_is_loaded_as_it_is(tmp_path: Path) -> None:
    assert opened(tmp_path, b"[]", "application/json") == tmp_path / "upload"


@pytest.mark.parametrize(
    ("given_type", "known"),
    [
        ("Application/ZIP; q=1", ZIP),
        ("application/x-ndjson", LINES),
        ("text/html", None),
        ("", None),
    ],
)
def test_an_upload_says_what_it_is(given_type: str, known: str | None) -> None:
    if known is not None:
        assert check_media_type(given_type) == known
        return
    with pytest.raises(UsageError) as raised:
        check_media_type(given_type)
    assert raised.value.code == "upload.unknown_type"
