"""What we use of pydantic-ai, and nothing else of it; importing this takes seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelRequest,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, infer_model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers import Provider, infer_provider_class
from pydantic_ai.providers.openai import OpenAIProvider

__all__ = [
    "ModelRequest",
    "OpenAIProvider",
    "SystemPromptPart",
    "TextPart",
    "ThinkingPart",
    "UserPromptPart",
    "compatible",
    "model_request",
    "model_request_stream",
    "of_provider",
    "parameters",
    "written",
]


def parameters(schema: Mapping[str, Any] | None) -> ModelRequestParameters:
    """Return what goes with a request: an object's schema where one is given, and no tools.

    Whether the service may be strict about it shows by the schema: it can only where each property
    is required.
    """
    if schema is None:
        return ModelRequestParameters(output_mode="text", allow_text_output=True)
    shape = OutputObjectDefinition(json_schema=dict(schema), name="answer")
    return ModelRequestParameters(output_mode="native", output_object=shape, allow_text_output=True)


def compatible(name: str, provider: Provider[Any]) -> Model:
    """Return a model of an OpenAI-compatible service; a text without an end is no answer of it."""
    return OpenAIChatModel(
        name,
        provider=provider,
        profile=OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True),
    )


def of_provider(name: str, key: str | None) -> Model:
    """Return a model that pydantic-ai knows as `provider:model`, such as `anthropic:NAME`.

    Without a key its provider takes its own from the environment.
    """
    if key is None:
        return _asked_once(infer_model(name))
    made = infer_model(name, lambda one: infer_provider_class(one)(api_key=key))  # type: ignore[call-arg]
    return _asked_once(made)


def _asked_once(model: Model) -> Model:
    """Return a model whose client tries nothing again behind our back, where it would."""
    client: Any = getattr(model, "client", None)
    if hasattr(client, "max_retries"):
        client.max_retries = 0
    return model


def written(event: object) -> str:
    """Return the text that an event of a stream adds, if it adds some."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""
