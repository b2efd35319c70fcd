from pathlib import Path

import pytest

from headwater.errors import UsageError
from headwater.sources.detect import detect, open_supply

DUMP = '[{"model": "dcim.site", "pk": 1, "fields": {"name": "N"}}]'


def test_a_folder_or_a_file_with_a_bundles_name_is_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "rules.jsonl").write_text("")
    assert detect(tmp_path) == "bundle"
    assert detect(tmp_path / "rules.jsonl") == "bundle"
    assert open_supply(tmp_path).rules is not None


def test_a_list_of_models_is_a_netbox_dump_also_alone_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "any.json").write_text(f"\ufeff\n{DUMP}")
    assert detect(tmp_path / "any.json") == "netbox"
    assert open_supply(tmp_path).source == "netbox"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.json", "", "load.empty"),
        ("a.json", "  \n", "load.empty"),
        ("a.json", "hello", "load.not_json"),
        ("a.json", "[1, 2", "load.not_json"),
        ("a.json", '{"items": []}', "load.unknown_shape"),
        ("a.json", "[1, 2]", "load.unknown_shape"),
        ("a.txt", "name,value", "load.not_json"),
        ("a.json", b"\xff\xfe[", "load.unreadable"),
    ],
)
def test_what_is_neither_is_refused_with_what_was_found(
    tmp_path: Path, name: str, text: str | bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError) as caught:
        detect(path)
    assert caught.value.code == code
    assert name in caught.value.message


def test_a_path_that_is_not_there_and_a_folder_without_anything_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        detect(tmp_path / "none")
    assert caught.value.code == "load.no_such_path"
    with pytest.raises(UsageError, match=r"items\.jsonl") as caught:
        detect(tmp_path)
    assert caught.value.code == "load.unknown_shape"


@pytest.mark.parametrize("kind", ["bundle", "netbox", "excel"])
def test_what_is_not_as_it_was_said_to_be_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"x": 1}')
    codes = {"bundle": "not_a_bundle", "netbox": "unknown_shape", "excel": "unknown_kind"}
    with pytest.raises(UsageError) as caught:
        open_supply(path, kind=kind)
    assert caught.value.code == f"load.{codes[kind]}"
