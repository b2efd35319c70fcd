"""How many documents are inserted once each, though answers get lost; it finds nothing else.

Every document has its `_id` before it is sent, so that an insert can be tried again: one that is
there already is ours if an answer was lost and what is stored is what we sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import anyio

from headwater.errors import HeadwaterError, UsageError
from headwater.stores.astra.commands import Commands, each, status_of
from headwater.stores.astra.exchange import AT_ONCE_BYTES, Reply
from headwater.stores.astra.faults import (
    ApiError,
    InsertIncomplete,
    NotInserted,
    api_errors,
    bad_answer,
)
from headwater.stores.astra.finding import stored
from headwater.stores.astra.results import Inserted
from headwater.stores.astra.values import encode_document, id_key, read, same_document

CHUNK = 100
"""Documents that one insertMany takes."""
AT_ONCE = 20
"""Requests of one insert under way at once: enough to hide the way there and back."""
EXISTS = "DOCUMENT_ALREADY_EXISTS"
RESPONSES = "documentResponses"
COMMAND = (
    b'{"insertMany":{"documents":[%s],"options":{"ordered":%s,"returnDocumentResponses":true}}}'
)


async def insert_many(
    commands: Commands, collection: str, documents: Iterable[Mapping[str, Any]], *, ordered: bool
) -> Inserted:
    """Insert all documents, and return their ids in the order given.

    Raises:
        UsageError: `astra.bad_document` before anything is sent; or what refused all of them.
        InsertIncomplete: `astra.insert_incomplete`.
    """
    run = _Run(commands, collection, documents, ordered=ordered)
    chunks = [
        range(start, min(start + CHUNK, len(run.ids))) for start in range(0, len(run.ids), CHUNK)
    ]
    await each(run.insert, chunks, at_once=1 if ordered else min(AT_ONCE, commands.at_once))
    return run.told()


class _Run:
    """One insert of many: what became of each document, told by its number."""

    def __init__(
        self,
        commands: Commands,
        collection: str,
        documents: Iterable[Mapping[str, Any]],
        *,
        ordered: bool,
    ) -> None:
        self._commands = commands
        self._collection = collection
        self._where = f"insertMany on {collection}"
        self._ordered = ordered
        self._documents: list[Mapping[str, Any]] = []
        self._made: set[int] = set()
        """Documents whose id is ours, so that whoever has it is this document."""
        self.ids: list[Any] = []
        for number, document in enumerate(documents):
            self._take(number, document)
        self._failed: dict[int, NotInserted] = {}
        self._inserted = bytearray(len(self.ids))
        self._refused: HeadwaterError | None = None
        self._first_of: dict[Any, int] = {}
        self._writing = anyio.Lock()
        """Held while a chunk is written, so that the loop turns after each of them."""

    def _take(self, number: int, document: Mapping[str, Any]) -> None:
        if not isinstance(document, Mapping):
            message = f"document {number} is no mapping but {type(document).__name__}"
            raise UsageError(message, code="astra.bad_document")
        if "_id" not in document:
            self._made.add(number)
            document = {"_id": str(uuid4()), **document}
        self._documents.append(document)
        self.ids.append(document["_id"])

    @property
    def _over(self) -> bool:
        """Whether nothing more is to be sent."""
        refused = self._refused is not None and self._refused.fault != "store"
        return refused or (self._ordered and bool(self._failed))

    async def insert(self, chunk: Sequence[int]) -> None:
        """Insert some documents, again and again until each one's fate is known."""
        async with self._writing:
            written, bad = self._written(chunk)
        for part in _parts(written):
            left, lost = part, False
            while left and not self._over:
                left, lost = await self._send(left, written, lost=lost)
        if not self._over:
            for number, problem in bad.items():
                self._fail(number, problem.code, problem.message)

    def _written(self, chunk: Sequence[int]) -> tuple[dict[int, bytes], dict[int, UsageError]]:
        """Return the documents as they are sent, and those that cannot be."""
        written: dict[int, bytes] = {}
        bad: dict[int, UsageError] = {}
        for number in chunk:
            try:
                written[number] = encode_document(self._documents[number])
            except UsageError as error:
                bad[number] = error
                if self._ordered:
                    break
        return written, bad

    async def _send(
        self, numbers: list[int], written: Mapping[int, bytes], *, lost: bool
    ) -> tuple[list[int], bool]:
        """Send documents; return those to be sent again, and whether an answer was lost so far."""
        ordered = b"true" if self._ordered else b"false"
        body = COMMAND % (b",".join([written[number] for number in numbers]), ordered)
        try:
            reply = await self._commands.ask(
                body, collection=self._collection, where=self._where, partly=RESPONSES
            )
            there, skipped = self._note(reply, numbers)
        except HeadwaterError as error:
            self._refused = error
            maybe = error.fault == "store"
            for number in numbers:
                self._fail(number, error.code, error.message, maybe_stored=maybe)
            return [], lost
        lost = lost or reply.lost
        if not lost or not there:
            return [], lost
        return await self._settle(there, skipped), lost

    def _note(self, reply: Reply, numbers: list[int]) -> tuple[dict[int, ApiError], list[int]]:
        """Take note of an answer; return those already there, and those that were skipped."""
        errors = api_errors(reply.answer)
        there: dict[int, ApiError] = {}
        skipped: list[int] = []
        for number, state in zip(numbers, self._states(reply, numbers), strict=True):
            if state["status"] == "OK":
                self._inserted[number] = 1
            elif state["status"] == "SKIPPED":
                skipped.append(number)
            else:
                error = self._error(errors, state.get("errorsIdx"))
                self._fail(number, error.error_code, error.message)
                if error.error_code == EXISTS:
                    there[number] = error
        return there, skipped

    def _states(self, reply: Reply, numbers: list[int]) -> list[dict[str, Any]]:
        """Return how the answer says each document ended."""
        states = status_of(reply, where=self._where).get(RESPONSES)
        if not isinstance(states, list) or len(states) != len(numbers):
            raise bad_answer("it does not say how each document ended", where=self._where)
        for number, state in zip(numbers, states, strict=True):
            if not isinstance(state, dict) or "status" not in state:
                raise bad_answer("it does not say how a document ended", where=self._where)
            said, ours = state.get("_id"), self.ids[number]
            if said != ours and id_key(read(said)) != id_key(ours):
                raise bad_answer("it speaks of other documents", where=self._where)
        return states

    def _error(self, errors: Sequence[ApiError], which: Any) -> ApiError:
        if isinstance(which, int) and 0 <= which < len(errors):
            return errors[which]
        return errors[0] if errors else ApiError("UNKNOWN", "the API does not say why")

    async def _settle(self, there: Mapping[int, ApiError], skipped: list[int]) -> list[int]:
        """Find out which documents an answer that was lost has inserted; return those to be sent.

        Of several documents with one id only the first can be the one that is stored.
        """
        doubtful = sorted((*there, *skipped))
        wanted = {id_key(self.ids[number]): self.ids[number] for number in doubtful}
        try:
            found = await stored(self._commands, self._collection, wanted, include_vectors=True)
        except HeadwaterError as error:
            for number in doubtful:
                self._fail(number, error.code, error.message, maybe_stored=True)
            return []
        for number in doubtful:
            document = found.get(id_key(self.ids[number]))
            if document is not None and self._is_ours(number, document):
                self._inserted[number] = 1
                self._failed.pop(number, None)
        return [number for number in skipped if not self._inserted[number]]

    def _is_ours(self, number: int, document: Mapping[str, Any]) -> bool:
        if number in self._made:
            return True
        if not self._first_of:
            for one in reversed(range(len(self.ids))):
                self._first_of[id_key(self.ids[one])] = one
        first = self._first_of[id_key(self.ids[number])] == number
        return first and same_document(self._documents[number], document)

    def _fail(self, number: int, code: str, message: str, *, maybe_stored: bool = False) -> None:
        self._failed[number] = NotInserted(self.ids[number], code, message, maybe_stored)

    def told(self) -> Inserted:
        """Return all ids, or raise what became of them."""
        if all(self._inserted):
            return Inserted(self.ids)
        refused = self._refused
        codes = {one.error_code for one in self._failed.values()}
        if refused is not None and not any(self._inserted) and codes == {refused.code}:
            raise refused
        raise InsertIncomplete(
            self._where,
            inserted=(one for number, one in enumerate(self.ids) if self._inserted[number]),
            failed=(self._failed[number] for number in sorted(self._failed)),
            skipped=(
                one
                for number, one in enumerate(self.ids)
                if not self._inserted[number] and number not in self._failed
            ),
        )


def _parts(written: Mapping[int, bytes]) -> list[list[int]]:
    """Return the numbers of documents in runs that make requests of a moderate size."""
    parts: list[list[int]] = []
    room_bytes = 0
    for number, document in written.items():
        if len(document) > room_bytes or not parts:
            parts.append([])
            room_bytes = AT_ONCE_BYTES
        parts[-1].append(number)
        room_bytes -= len(document)
    return parts
