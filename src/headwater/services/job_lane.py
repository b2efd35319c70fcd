"""How one kind of work waits and is handed out: a workflow of DBOS's, and a queue; it does none.

DBOS starts the work in a thread of its own, where it waits until whoever took the claim has ended
it. Work that is to be tried again is kept anew, to wait without holding up any other.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio import from_thread
from anyio.lowlevel import EventLoopToken, current_token
from anyio.streams.memory import MemoryObjectSendStream
from dbos import DBOS

from headwater.model.job import Task
from headwater.model.principal import Principal
from headwater.services.asking_dbos import ask
from headwater.services.job_claim import AGAIN_S, DbosClaim, Stopped

FORMAT = "headwater-jobs-1"
"""The format of jobs, for DBOS the version of the app: a release that keeps it takes them over."""
POLL_S = 0.1
MOST_TRIES = 50
"""How often a job is begun that takes its process with it, before it has failed."""
MOST_WAITING = 16


class Lane:
    """One kind of work.

    Args:
        workflow: What DBOS knows it by.
        queue: Where it waits: what is most urgent first, then what came first.
        at_once: How much of it this process does at once; 0 for none.
    """

    def __init__(self, workflow: str, queue: str, *, at_once: int) -> None:
        self.workflow = workflow
        self.queue = queue
        self._at_once = at_once
        self._token: EventLoopToken | None = None
        self._taken: MemoryObjectSendStream[DbosClaim] | None = None
        self._begun = threading.Event()
        self._closing = False
        self.claimed: set[DbosClaim] = set()

    def register(self) -> None:
        """Tell DBOS of it, before it is launched."""

        def work(arguments: dict[str, Any]) -> dict[str, Any]:
            return self._work(arguments)

        DBOS.workflow(name=self.workflow, max_recovery_attempts=MOST_TRIES)(work)

    def keep(
        self,
        task: Task,
        *,
        job_id: str,
        priority: int | None = None,
        tries: int = 1,
        alone: str | None = None,
    ) -> None:
        """Keep work to be done; what has this id already is left as it is.

        Raises:
            DBOSQueueDeduplicatedError: other work that is to be done `alone` has not ended yet.
        """
        who = task.principal
        told = {"kind": task.kind, "name": who.name, "roles": list(who.roles)}
        arguments = told | {"tenant": who.tenant, "payload": dict(task.payload), "tries": tries}
        options = self._options(job_id, tenant=who.tenant, priority=priority)
        if alone is not None:
            options["deduplication_id"] = alone
        DBOS.enqueue_workflow_with_options(options, arguments | {"priority": priority})

    def _options(self, job_id: str, *, tenant: str, priority: int | None) -> Any:
        options = {
            "workflow_name": self.workflow,
            "queue_name": self.queue,
            "workflow_id": job_id,
            "app_version": FORMAT,
            "authenticated_user": tenant,
        }
        return options if priority is None else {**options, "priority": priority}

    def close(self) -> None:
        """Leave what is under way to another process."""
        self._closing = True
        self._begun.set()
        for claim in tuple(self.claimed):
            claim.abandon()

    @asynccontextmanager
    async def claims(self) -> AsyncIterator[AsyncIterator[DbosClaim]]:
        """Take work to be done here, until the block is left; what is not ended stays."""
        self._token = current_token()
        self._taken, taken = anyio.create_memory_object_stream[DbosClaim](MOST_WAITING)
        async with self._taken, taken:
            await ask(self._listen)
            self._begun.set()
            yield taken

    def _listen(self) -> None:
        if self._at_once:
            DBOS.register_queue(
                self.queue, worker_concurrency=self._at_once, polling_interval_sec=POLL_S
            )

    def _work(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do one piece of work, in a thread of DBOS's: wait until somebody has ended its claim."""
        result: dict[str, Any] = DBOS.run_step({"name": "work"}, self._wait, arguments)
        if result.get(AGAIN_S) is not None:
            tries = arguments["tries"] + 1
            again = {**arguments, "tries": tries, "error": result["error"]}
            self._keep_again(again, after_s=result[AGAIN_S])
        return result

    def _keep_again(self, arguments: Mapping[str, Any], *, after_s: float) -> None:
        """Keep the next try; whoever is killed before it was kept keeps it again, once."""
        job_id = f"{str(DBOS.workflow_id).partition('.')[0]}.{arguments['tries']}"
        options = self._options(
            job_id, tenant=arguments["tenant"], priority=arguments["priority"]
        ) | {"delay_seconds": after_s}
        DBOS.enqueue_workflow_with_options(options, dict(arguments))

    def _wait(self, arguments: dict[str, Any]) -> dict[str, Any]:
        who = Principal(
            tenant=arguments["tenant"], name=arguments["name"], roles=tuple(arguments["roles"])
        )
        task = Task(kind=arguments["kind"], principal=who, payload=arguments["payload"])
        self._begun.wait()
        if self._closing or self._token is None or self._taken is None:
            raise Stopped
        job_id, tries = str(DBOS.workflow_id), arguments.get("tries", 1)
        claim = DbosClaim(job_id, task, token=self._token, tries=tries)
        self.claimed.add(claim)
        try:
            try:
                from_thread.run(self._taken.send, claim, token=self._token)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, RuntimeError) as error:
                raise Stopped from error
            return claim.wait()
        finally:
            self.claimed.discard(claim)
