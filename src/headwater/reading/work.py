"""Which questions does work answer, and which step asks it? It knows no project."""

from __future__ import annotations

from headwater.model.plan import Step
from headwater.model.reading import Reading
from headwater.reading.drafts import Ask, name_items, off_topic
from headwater.reading.parse import Sense
from headwater.reading.plans import draft
from headwater.toolkit.phrasing import Phrasing

INTENT = "work"
ANSWER = "work"
TOOLS = {"open": "work.open", "resume": "work.resume", "who": "work.who"}


def are_read(phrasings: tuple[Phrasing, ...]) -> bool:
    """Tell whether there are the tools that tell of work, by what they say they answer."""
    return set(TOOLS.values()) <= {one.tool for one in phrasings}


def read_resume(sense: Sense) -> Reading:
    """Return the reading of where one stopped: whoever asks is all that has to be known."""
    step = Step(id=ANSWER, tool=TOOLS["resume"], args={})
    return Reading(intent=INTENT, steps=(step,), words=sense.roles, facts={"view": "resume"})


def open_steps(ask: Ask, subject: int) -> list[Step]:
    """Return the step of a review for the work that is open for its item, where there is a tool."""
    if not ask.work:
        return []
    return [Step(id=ANSWER, tool=TOOLS["open"], args={"ci": subject}, required=False)]


def plan_work(ask: Ask) -> Reading:
    """Plan what is open for an item, or who works on it."""
    tool = TOOLS.get(ask.sense.view)
    if tool is None:
        return off_topic(INTENT)
    named = name_items(ask)
    if named.ended is not None:
        return named.ended
    step = Step(id=ANSWER, tool=tool, args={"ci": named.id()})
    return draft(ask, named, (step,), facts={"view": ask.sense.view})
