"""What planners share: the question so far, refusals, candidates, ready steps; it plans nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headwater.model.item import Candidate
from headwater.model.outcome import Outcome
from headwater.model.plan import Step
from headwater.model.question import Question
from headwater.model.reading import Reading
from headwater.model.window import Window
from headwater.reading.asking import STEP_OF, name_of
from headwater.reading.found import EXACT, Choice, Found, choose
from headwater.reading.kinds import OFF_TOPIC
from headwater.reading.parse import Sense
from headwater.reading.windows import iso_interval, last

HOUR_S = 3600.0
DAY_S = 86_400.0
FIELD = (
    "This is outside what Headwater answers: questions about the items of your estate, their "
    "metrics, relations, changes and rules."
)
STEPS_S = (10, 30, 60, 300, 600, 900, 1800, 3600, 10_800, 21_600, 86_400, 604_800, 2_592_000)
MOST_POINTS = 300


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, what it says, what its words may mean, and all that is known so far.

    `runbooks` says whether there is a tool that finds them; `work`, one that tells of open work.
    """

    question: Question
    sense: Sense
    found: Found
    known: Mapping[str, Outcome]
    runbooks: bool = False
    work: bool = False

    def window(self, default_s: float) -> tuple[Window, str]:
        """Return the window that was said with its words, or the last so many seconds."""
        spoken = self.sense.spoken
        if spoken is not None:
            return spoken.window, spoken.words
        return last(self.question.asked_at, default_s), ""


@dataclass(frozen=True, slots=True)
class Named:
    """The things that roles turned out to be, or the reading that says why not."""

    items: Mapping[str, Candidate]
    notes: tuple[tuple[float, str], ...] = ()
    ended: Reading | None = None

    def id(self, role: str = "subject") -> int:
        """Return the id of a role's item."""
        return int(self.items[role].id or 0)


def refuse(
    intent: str, code: str, sentence: str, *, words: Mapping[str, str] | None = None
) -> Reading:
    """Return a reading that ends the question with one sentence."""
    return Reading(intent=intent, refusal=sentence, code=code, words=words or {})


def off_topic(intent: str) -> Reading:
    """Return the refusal of a question outside the field."""
    return refuse(intent, "question.out_of_field", FIELD)


def is_off_topic(text: str) -> bool:
    """Tell whether a text has words of questions outside the field."""
    return bool(OFF_TOPIC & set(text.lower().replace(",", " ").split()))


def unknown(ask: Ask, phrase: str) -> Reading:
    """Return the reading for words that nothing in the estate is called."""
    if is_off_topic(ask.sense.text):
        return off_topic(ask.sense.intent)
    sentence = (
        f'Nothing in the estate is called "{phrase}"; `headwater ask "find ..."` searches it.'
    )
    return refuse(ask.sense.intent, "question.unknown_name", sentence, words=ask.sense.roles)


def unclear(ask: Ask, phrase: str, choice: Choice) -> Reading:
    """Return the reading for words that several things are called."""
    if is_off_topic(ask.sense.text) and not any(one.score >= EXACT for one in choice.among):
        return off_topic(ask.sense.intent)
    return Reading(
        intent=ask.sense.intent,
        ambiguous=phrase,
        candidates=choice.among,
        candidates_total=choice.total,
        words=ask.sense.roles,
    )


def name_items(
    ask: Ask,
    roles: Sequence[str] = ("subject",),
    kinds: Sequence[str] = ("item",),
    *,
    step: str = "resolve",
) -> Named:
    """Return what the roles' names mean; the first that is unknown or unclear ends the question."""
    items: dict[str, Candidate] = {}
    notes: list[tuple[float, str]] = []
    for role in roles:
        name = name_of(ask.sense, role)
        choice = choose(ask.found, name, kinds, step=STEP_OF.get(role, step))
        phrase = ask.sense.roles.get(role, "")
        if choice.meant is None:
            ended = unclear(ask, phrase, choice) if choice.among else unknown(ask, name.whole)
            return Named({}, ended=ended)
        if is_off_topic(phrase) and choice.meant.score < EXACT:
            return Named({}, ended=off_topic(ask.sense.intent))
        items[role] = choice.meant
        if choice.note is not None:
            notes.append(choice.note)
    return Named(items, tuple(notes))


def bucket_s(window: Window, points: int = MOST_POINTS) -> int:
    """Return a round width of buckets, in seconds, that gives at most so many points."""
    span = window.duration.total_seconds()
    return next((step for step in STEPS_S if span / step <= points), STEPS_S[-1])


def history_step(
    window: Window, *, step: str = "changes", required: bool = True, **args: Any
) -> Step:
    """Return the step that reads what happened in a window."""
    given = {name: value for name, value in args.items() if value}
    return Step(
        id=step,
        tool="history.recent",
        args={**given, "window": iso_interval(window)},
        required=required,
    )


def expand_step(root: int, view: str, *, step: str, required: bool = True, **args: Any) -> Step:
    """Return the step that walks relations from an item."""
    return Step(
        id=step,
        tool="graph.expand",
        args={"root": root, "view": view, **args},
        required=required,
    )
