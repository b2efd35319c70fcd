"""What we use of pydantic-ai, and nothing else of it; importing this takes seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_ai.direct import model_request
from pydantic_ai.messages import (
    ModelRequest,
    SystemPromptPart,
    TextPart,
    ThinkingPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers.openai import OpenAIProvider

__all__ = [
    "ModelRequest",
    "OpenAIChatModel",
    "OpenAIProvider",
    "SystemPromptPart",
    "TextPart",
    "ThinkingPart",
    "UserPromptPart",
    "model_request",
    "parameters",
]


def parameters(schema: Mapping[str, Any] | None) -> ModelRequestParameters:
    """Return what goes with a request: an object's schema where one is given, and no tools."""
    if schema is None:
        return ModelRequestParameters(output_mode="text", allow_text_output=True)
    shape = OutputObjectDefinition(json_schema=dict(schema), name="answer", strict=True)
    return ModelRequestParameters(output_mode="native", output_object=shape, allow_text_output=True)
