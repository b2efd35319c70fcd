"""What is to be asked next for a question; it asks nothing and reads no clock.

Next: `headwater.engine.run.run`
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.errors import EngineBug
from headwater.model.outcome import Outcome
from headwater.model.question import Question
from headwater.model.reading import Reading
from headwater.reading.read import read
from headwater.toolkit.phrasing import Phrasing


def plan(
    question: Question, known: Mapping[str, Outcome], *, phrasings: tuple[Phrasing, ...]
) -> Reading:
    """Return how the question is understood by now, and the steps to carry out next, if any.

    Args:
        question: The words, and when and where they were asked.
        known: How earlier steps of the same question ended, by step id.
        phrasings: The questions that tools say they answer.

    Raises:
        EngineBug: `engine.step_again` where a step that has ended is planned again.
    """
    reading = read(question, known, phrasings=phrasings)
    again = sorted(step.id for step in reading.steps if step.id in known)
    if again:
        message = f"intent {reading.intent} plans steps again that have ended: {', '.join(again)}"
        raise EngineBug(message, code="engine.step_again")
    return reading
