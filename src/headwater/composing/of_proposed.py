"""How what a model's plan found is shown: each step by its shape, cited; it says nothing of it."""

from __future__ import annotations

from headwater.composing.shapes import block_of
from headwater.composing.telling import count
from headwater.composing.view import Part, View
from headwater.model.answer import Deduction
from headwater.model.block import Block

PROPOSED = 0.1
"""What a plan that a model proposed takes: nobody has seen whether it is what was meant."""
MOST_BLOCKS = 12


def compose_proposed(view: View) -> Part:
    """Show what each step of a proposed plan gave, and say whose plan it was."""
    steps = [one for one in view.ledger.steps if view.ledger.succeeded(one.id)]
    blocks: list[Block] = []
    for step in steps[:MOST_BLOCKS]:
        cites = view.ledger.cite(step.id)
        block = block_of(view.value(step.id), title=f"{step.tool} {step.id}", cites=cites)
        if block is not None:
            blocks.append(block)
    model = str(view.fact("planned_by"))
    whole = count(len(view.ledger.steps), "step")
    marks = view.ledger.mark(*(one.id for one in steps[:MOST_BLOCKS]))
    said = f"{len(steps)} of {whole} that the language model {model} proposed found this"
    return Part(
        f"{said}.{marks}" if steps else f"None of {whole} that {model} proposed succeeded.",
        tuple(blocks),
        (Deduction(PROPOSED, f"planned by the language model {model}"),),
    )
