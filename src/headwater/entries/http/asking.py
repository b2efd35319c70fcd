"""The routes that ask: a question, a plan, one tool; they decode, await one method and encode.

Next: `headwater.app.service`
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.bodies import AskBody, PlanBody
from headwater.entries.http.decode import budget_s, checked, decoded, json_object, zone
from headwater.entries.http.encode import encoded_outcome, given
from headwater.entries.http.results import failed_outcome, result
from headwater.entries.http.visits import asker
from headwater.model.outcome import Succeeded


class Asking:
    """What asks the app.

    Args:
        hw: The app.
    """

    def __init__(self, hw: AsyncHeadwater) -> None:
        self._hw = hw

    async def ask(self, request: Request) -> Response:
        """Answer a question in plain words, in the time given."""
        body = await decoded(AskBody, request)
        answer = await self._hw.ask(
            body.question,
            budget_s=budget_s(request, body.budget_s),
            zone=zone(body.zone),
            principal=asker(request),
        )
        return result(answer)

    async def run(self, request: Request) -> Response:
        """Run a plan written as JSON."""
        body = checked(PlanBody, await json_object(request))
        ran = await self._hw.run(
            {"steps": body.steps},
            budget_s=budget_s(request, body.budget_s),
            principal=asker(request),
        )
        return result(ran)

    async def call(self, request: Request) -> Response:
        """Call one tool with arguments in JSON."""
        outcome = await self._hw.call(
            request.path_params["name"],
            await json_object(request),
            budget_s=budget_s(request),
            principal=asker(request),
        )
        if not isinstance(outcome, Succeeded):
            return failed_outcome(outcome)
        return Response(encoded_outcome(outcome), media_type="application/json")

    async def tools(self, request: Request) -> Response:
        """List the tools: what each does, takes and gives."""
        del request
        return given({"tools": await self._hw.tools()})
