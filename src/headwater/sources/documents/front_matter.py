"""What stands in front of a Markdown text: title, tags, items, date; it is no YAML parser.

Read are `key: value`, `key: [a, b]`, lists of `- a` and, one level deep, `key: value` below a key,
as static site generators write them (YAML between `---`, TOML between `+++`).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from headwater.analysis.records import MAX_CODE, MAX_NAME, MAX_WORD

MOST_CHARACTERS = 65_536
MOST_TAGS = 100
_YAML = re.compile(r"---[ \t]*\n(.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?\n)??\+\+\+[ \t]*(?:\n|$)", re.DOTALL)
_QUOTED = re.compile(r"([\"'])(.*?)\1[ \t]*(?:#.*)?$")
_PAIR = re.compile(r"([A-Za-z_][\w .-]{0,100}?)[ \t]*:(?:[ \t]+(.*))?$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a text says of itself, and how many characters that takes at its beginning."""

    characters: int = 0
    title: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    at: datetime | None = None


def front_matter(text: str) -> FrontMatter:
    """Return the front matter of a text; what cannot be read of it is passed over."""
    head = text[:MOST_CHARACTERS]
    if found := _YAML.match(head):
        known = _yaml(found[1] or "")
    elif found := _TOML.match(head):
        known = _toml(found[1] or "")
    else:
        return FrontMatter()
    known = {key.lower(): value for key, value in known.items()}
    return FrontMatter(
        characters=found.end(),
        title=" ".join(_word(known.get("title")).split())[:MAX_NAME],
        tags=_tags(known.get("tags")),
        items=tuple(dict.fromkeys(code[:MAX_CODE] for code in _words(known.get("items")))),
        at=_instant(known.get("date")),
    )


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _yaml(text: str) -> dict[str, Any]:
    known: dict[str, Any] = {}
    key = ""
    for line in text.split("\n"):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if line[0] not in " \t-":
            found = _PAIR.match(bare)
            key = found[1] if found else ""
            if found:
                known[key] = _value(found[2] or "")
        elif key:
            known[key] = _below(known[key], bare)
    return known


def _below(held: Any, bare: str) -> Any:
    """Add a line of a list, or of a mapping, to what its key holds so far."""
    if bare.startswith("- "):
        return [*(held if isinstance(held, list) else []), _value(bare[2:])]
    found = _PAIR.match(bare)
    if found and held in ("", {}):
        held = {}
    if found and isinstance(held, dict):
        held[found[1]] = _value(found[2] or "")
    return held


def _value(text: str) -> Any:
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [_bare(one) for one in text[1:-1].split(",") if one.strip()]
    return _bare(text)


def _bare(text: str) -> str:
    text = text.strip()
    quoted = _QUOTED.match(text)
    return quoted[2] if quoted else text.partition(" #")[0].rstrip()


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return []
    return [one.strip() for one in value if isinstance(one, str) and one.strip()]


def _tags(value: Any) -> dict[str, str]:
    """Return tags: those of a mapping, and the words of a list with nothing for a value."""
    if isinstance(value, dict):
        pairs = {str(key): str(one) for key, one in value.items() if isinstance(one, str | int)}
    else:
        pairs = {}
        for word in _words(value):
            key, _, one = word.partition("=")
            pairs[key.strip()] = one.strip()
    kept = [(key[:MAX_WORD], one[:MAX_NAME]) for key, one in pairs.items() if key]
    return dict(kept[:MOST_TAGS])


def _instant(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
