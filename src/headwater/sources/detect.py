"""Which kind of source a path is, and what it supplies; it loads nothing."""

from __future__ import annotations

import json
import os.path
from pathlib import Path
from typing import Literal

from headwater.errors import UsageError
from headwater.model.load import Supply
from headwater.sources.bundle import names
from headwater.sources.bundle.read import bundle_supply
from headwater.sources.netbox.dump import NETBOX_SUFFIXES, open_dump
from headwater.sources.netbox.supply import netbox_supply

Kind = Literal["bundle", "netbox"]
KINDS: tuple[Kind, ...] = ("bundle", "netbox")
PEEKED_CHARACTERS = 1 << 16


def open_supply(path: Path, *, kind: str | None = None) -> Supply:
    """Return what a path supplies, as the kind given or the one that it looks like. It blocks.

    Raises:
        UsageError: `load.unknown_kind`; see also `detect`, `bundle_supply` and `netbox_supply`.
    """
    match kind or detect(path):
        case "bundle":
            _must_exist(path)
            return bundle_supply(path)
        case "netbox":
            return netbox_supply(_dump_of(path))
        case other:
            message = f"unknown kind of source {other!r}; known: {', '.join(KINDS)}"
            raise UsageError(message, code="load.unknown_kind")


def detect(path: Path) -> Kind:
    """Tell what a folder or file is: by the names in it, else by how it begins.

    Raises:
        UsageError: `load.no_such_path`, `load.empty`, `load.not_json`, `load.unknown_shape` or
            `load.unreadable`.
    """
    _must_exist(path)
    if path.name in names.FILES and path.is_file():
        return "bundle"
    if path.is_dir() and any((path / name).is_file() for name in names.FILES):
        return "bundle"
    dump = _dump_of(path)
    head = _head(dump)
    if not head:
        message = f"{dump}: the file is empty; give a bundle folder or a NetBox dump"
        raise UsageError(message, code="load.empty")
    if head.startswith("[") and ('"model"' in head or head[1:].lstrip().startswith("]")):
        return "netbox"
    raise _unknown(dump, head)


def _must_exist(path: Path) -> None:
    if not os.path.exists(path):  # noqa: PTH110  Path's own raises where a name is too long
        message = f"{ascii(str(path))[1:1000].rstrip(chr(39))}: there is no such file or folder"
        raise UsageError(message, code="load.no_such_path")


def _dump_of(path: Path) -> Path:
    _must_exist(path)
    if not path.is_dir():
        return path
    dumps = sorted(one for one in path.iterdir() if one.name.endswith(NETBOX_SUFFIXES))
    if len(dumps) != 1:
        there = "no file of either" if not dumps else f"{len(dumps)} dumps: name one"
        message = (
            f"{path}: {there}; a bundle folder holds {', '.join(names.FILES)}, "
            "a NetBox dump is one .json file"
        )
        raise UsageError(message, code="load.unknown_shape")
    return dumps[0]


def _head(dump: Path) -> str:
    with open_dump(dump) as file:
        return file.read(PEEKED_CHARACTERS).lstrip("\ufeff \t\r\n")


def _unknown(path: Path, head: str) -> UsageError:
    looks_like_json = head[0] in "[{"
    if looks_like_json and len(head) < PEEKED_CHARACTERS // 2:
        try:
            json.loads(head)
        except ValueError:
            looks_like_json = False
    if looks_like_json:
        message = (
            f"{path}: JSON of another shape; a NetBox dump is a list of "
            '{"model", "pk", "fields"}, a bundle\'s files are called '
            f"{', '.join(names.FILES)}"
        )
        return UsageError(message, code="load.unknown_shape")
    message = (
        f"{path}: neither JSON nor a file of a bundle ({', '.join(names.FILES)}); "
        "give a bundle folder or a NetBox dump"
    )
    return UsageError(message, code="load.not_json")
