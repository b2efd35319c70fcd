"""The routes that ask: a question, a plan, one tool; they decode, await one method and encode.

Next: `headwater.app.service`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.engine.watch import Watch
from headwater.entries.http.admitted import admitted
from headwater.entries.http.bodies import AskBody, PlanBody
from headwater.entries.http.decode import budget_s, decoded, flag, json_object
from headwater.entries.http.encode import encoded_outcome, given
from headwater.entries.http.following import asked_aloud
from headwater.entries.http.results import failed_outcome, result
from headwater.entries.http.streams import wants_events
from headwater.entries.wire.decode import zone
from headwater.entries.wire.visit import visit_of
from headwater.model.answer import Answer, RunResult
from headwater.model.event import RunRecord
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
        who, where = visit_of(request.scope).who, await zone(body.zone)
        given_s = budget_s(request, body.budget_s)
        if flag(request, "background"):
            return begun(
                await self._hw.live.begin(
                    question=body.question,
                    budget_s=given_s,
                    zone=where,
                    session=body.session,
                    principal=who,
                )
            )

        async def ask(watch: Watch | None = None) -> Answer:
            async with admitted(self._hw, request, budget_s=given_s) as left_s:
                return await self._hw.ask(
                    body.question,
                    budget_s=left_s,
                    zone=where,
                    session=body.session,
                    watch=watch,
                    principal=who,
                )

        return asked_aloud(self._hw, request, ask) if wants_events(request) else result(await ask())

    async def run(self, request: Request) -> Response:
        """Run a plan written as JSON."""
        body = await decoded(PlanBody, request)
        plan: Mapping[str, Any] = {"steps": body.steps}
        who, given_s = visit_of(request.scope).who, budget_s(request, body.budget_s)
        if flag(request, "background"):
            return begun(
                await self._hw.live.begin(
                    plan=plan, budget_s=given_s, session=body.session, principal=who
                )
            )

        async def run(watch: Watch | None = None) -> RunResult:
            async with admitted(self._hw, request, budget_s=given_s) as left_s:
                return await self._hw.run(
                    plan, budget_s=left_s, session=body.session, watch=watch, principal=who
                )

        return asked_aloud(self._hw, request, run) if wants_events(request) else result(await run())

    async def call(self, request: Request) -> Response:
        """Call one tool with arguments in JSON."""
        arguments = await json_object(request)
        async with admitted(self._hw, request, budget_s=budget_s(request), cheap=True) as left_s:
            outcome = await self._hw.call(
                request.path_params["name"],
                arguments,
                budget_s=left_s,
                principal=visit_of(request.scope).who,
                as_json=True,
            )
        if not isinstance(outcome, Succeeded):
            return failed_outcome(outcome)
        return Response(encoded_outcome(outcome), media_type="application/json")

    async def tools(self, request: Request) -> Response:
        """List the tools that the asker may call: what each does, takes and gives."""
        who = visit_of(request.scope).who
        return given({"tools": await self._hw.tools(principal=who)})


def begun(run: RunRecord) -> Response:
    """Return the response of a run that goes on in the background."""
    return given(run, 202, {"Location": f"/v1/runs/{run.run_id}"})
