"""What the inside needs to have a text written by a language model; it can do without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from headwater.model.principal import Principal
from headwater.model.remark import Remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a model wrote, whole, and what that took.

    Args:
        text: As it was written; `data`: the same as an object, where a schema was given.
        model: The one that wrote it.
        input_tokens: Tokens read; `output_tokens`: tokens written, as the service counts them.
        micros: What that cost, in millionths of the currency of the prices that are set.
        kept: Whether it was written before, for the same texts: then it took nothing now.
    """

    text: str
    data: Mapping[str, Any] | None
    model: str
    input_tokens: int
    output_tokens: int
    micros: int = 0
    kept: bool = False


class Llm(Protocol):
    """A language model without tools: it is sent two texts and sends one back."""

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that are asked, in this order; none where no model is set."""
        ...

    @property
    def checks(self) -> bool:
        """Tell whether a model may be asked besides whether texts say what was written of them."""
        ...

    async def complete(
        self,
        system: str,
        user: str,
        *,
        schema: Mapping[str, Any] | None = None,
        most_tokens: int,
        remarks: Remarks,
        principal: Principal,
    ) -> Completion:
        """Return what the first model that can writes, never more than `most_tokens` of it.

        Args:
            system: What it is to do. Nothing that comes from outside stands here.
            user: What it is to do that with.
            schema: JSON Schema of the object that it is to write. The service is told it; whether
                it was kept to is for whoever asked to see.
            most_tokens: Tokens that it may write.
            remarks: Where it is told what is asked of which model, what that writes while it
                comes, unchecked, and what it took; it knows the run whose tokens these are.
            principal: Whose tenant's tokens these are.

        Raises:
            UsageError: `llm.none` where no model is set.
            LimitError: `llm.rate` where the service takes no more now, `llm.over_budget` where
                what is left of the day's or the run's budget does not suffice.
            StoreFault: `llm.unreachable`, `llm.refused`, or `llm.bad_answer` where what came is
                cut, empty, or not what was asked for.
        """
        ...
