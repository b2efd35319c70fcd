"""How is a notice written as a letter? As text and as HTML, from one template; it sends none.

A template is a subject and paragraphs with `$names` of facts (`string.Template`): nothing in them
is run, so that what somebody wrote in a title stays a title. A paragraph whose facts are not all
there is left out. In HTML every fact is escaped, in a subject it is one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from html import escape
from string import Template
from typing import Any

from headwater.model.notice import Letter, Notice, NoticeKind

MOST_SUBJECT_CHARS = 200
MOST_FACT_CHARS = 20_000
TEMPLATES: Mapping[NoticeKind, tuple[str, ...]] = {
    "invitation": (
        "You are invited to the team $team",
        "$by invites you to join the team $team as its $role.",
        "Join with:\n\n    headwater work join $code",
        "The invitation is good until $expires_at.",
    ),
    "added": (
        "You are in the team $team",
        "You are a $role of the team $team now.",
        "$by did this.",
    ),
    "assigned": (
        "For you: $title",
        "$by gave you the $kind \u201c$title\u201d (item $item) of the project $project.",
        "It is due $due.",
        "Its priority is $priority, where 0 is the first.",
    ),
    "summary": (
        "Session ended: $goal",
        "$by ended the session \u201c$goal\u201d of the project $project.",
        "$summary",
        "Go on where it stopped with:\n\n    headwater resume $project_id",
    ),
    "alert": (
        "Alert: $title",
        "There is an alert in the project $project: $title.",
        "$details",
        "It was raised $at.",
    ),
}
"""The subject of each kind, and its paragraphs; a webhook is no letter."""


def letter_of(notice: Notice, *, notice_id: str) -> Letter:
    """Write a notice as a letter: always the same one.

    Raises:
        KeyError: it is of a kind that is no letter.
    """
    subject, *paragraphs = TEMPLATES[notice.kind]
    facts = dict(_shown(notice.facts))
    told = [text for one in paragraphs if (text := _filled(one, facts)) is not None]
    marked = {name: escape(one) for name, one in facts.items()}
    written = [text for one in paragraphs if (text := _filled(_mark(one), marked)) is not None]
    return Letter(
        id=notice_id,
        to=notice.to,
        subject=_one_line(_filled(subject, facts) or subject),
        text="\n\n".join((*told, "-- \nHeadwater")),
        html=_page(written),
        at=notice.made_at,
    )


def _shown(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, one in facts.items():
        if one is not None and one != "":
            yield name, _plain(str(one))[:MOST_FACT_CHARS]


def _plain(text: str) -> str:
    """Return a text without what is not shown and may be obeyed."""
    kept = (one for one in text.replace("\r\n", "\n") if one.isprintable() or one == "\n")
    return "".join(kept)


def _filled(template: str, facts: Mapping[str, str]) -> str | None:
    try:
        return Template(template).substitute(facts)
    except KeyError:
        return None


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SUBJECT_CHARS else f"{line[: MOST_SUBJECT_CHARS - 1]}\u2026"


def _mark(paragraph: str) -> str:
    """Write a paragraph of a template in HTML; what it says as a command is set apart."""
    says, _, command = paragraph.partition("\n\n    ")
    marked = f"<p>{escape(says, quote=False)}</p>"
    return f"{marked}<pre>{escape(command, quote=False)}</pre>" if command else marked


def _page(paragraphs: list[str]) -> str:
    lines = "\n".join(one.replace("\n", "<br>\n") for one in paragraphs)
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n'
        f"{lines}\n<p>Headwater</p>\n</body></html>\n"
    )


def instant_words(at: datetime) -> str:
    """Return an instant as a letter says it."""
    return f"{at:%Y-%m-%d %H:%M %Z}"
