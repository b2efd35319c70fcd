"""How documents are changed and removed, page by page; it repeats only what may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.stores.astra.commands import Commands, clauses, number_in, status_of
from headwater.stores.astra.exchange import Reply
from headwater.stores.astra.faults import bad_answer
from headwater.stores.astra.results import Count, Updated
from headwater.stores.astra.values import read

SAME_TWICE = {"$set", "$unset", "$setOnInsert", "$min", "$max", "$addToSet", "$rename"}
"""Operators of an update that come to the same when it is carried out twice."""


def names_one(filter: Mapping[str, Any]) -> bool:  # noqa: A002 (the API's word)
    """Tell whether a filter can match only one document, now and later: it names its `_id`."""
    wanted = filter.get("_id")
    if isinstance(wanted, Mapping):
        return set(wanted) <= {"$eq", "$uuid", "$objectId", "$date"}
    return "_id" in filter


async def update_one(
    commands: Commands,
    collection: str,
    *,
    filter: Mapping[str, Any],  # noqa: A002 (the API's word)
    update: Mapping[str, Any],
    sort: Mapping[str, Any] | None,
    upsert: bool,
) -> Updated:
    """Change the first document found."""
    asked = clauses(filter=filter, update=update, sort=sort)
    command = {"updateOne": {**asked, "options": {"upsert": upsert}}}
    reply = await commands.send(
        command,
        collection=collection,
        repeatable=set(update) <= SAME_TWICE and names_one(filter),
    )
    return _updated(reply, where=f"updateOne on {collection}")


async def update_many(
    commands: Commands,
    collection: str,
    *,
    filter: Mapping[str, Any],  # noqa: A002 (the API's word)
    update: Mapping[str, Any],
    upsert: bool,
) -> Updated:
    """Change all documents found, as many pages as it takes."""
    where = f"updateMany on {collection}"
    asked = clauses(filter=filter, update=update)
    repeatable = set(update) <= SAME_TWICE and (not upsert or names_one(filter))
    options: dict[str, Any] = {"upsert": upsert}
    matched, modified, upserted_id = Count(0), Count(0), None
    while True:
        command = {"updateMany": {**asked, "options": options}}
        reply = await commands.send(command, collection=collection, repeatable=repeatable)
        page = _updated(reply, where=where)
        matched, modified = matched + page.matched, modified + page.modified
        upserted_id = page.upserted_id if upserted_id is None else upserted_id
        following = status_of(reply, where=where).get("nextPageState")
        if following is None:
            return Updated(matched, modified, upserted_id)
        if following == options.get("pageState"):
            raise bad_answer("it leads to the same page again", where=where)
        options = {**options, "pageState": following}


def _updated(reply: Reply, *, where: str) -> Updated:
    return Updated(
        matched=Count(number_in(reply, "matchedCount", where=where), at_least=reply.lost),
        modified=Count(number_in(reply, "modifiedCount", where=where), at_least=reply.lost),
        upserted_id=read(status_of(reply, where=where).get("upsertedId")),
    )


async def delete_one(
    commands: Commands,
    collection: str,
    *,
    filter: Mapping[str, Any],  # noqa: A002 (the API's word)
    sort: Mapping[str, Any] | None,
) -> Count:
    """Remove the first document found."""
    command = {"deleteOne": clauses(filter=filter, sort=sort)}
    reply = await commands.send(command, collection=collection, repeatable=names_one(filter))
    removed = number_in(reply, "deletedCount", where=f"deleteOne on {collection}")
    return Count(removed, at_least=reply.lost)


async def delete_many(
    commands: Commands,
    collection: str,
    *,
    filter: Mapping[str, Any],  # noqa: A002 (the API's word)
) -> Count:
    """Remove all documents found, as many times as it takes; the API removes 20 at a time."""
    where = f"deleteMany on {collection}"
    command = {"deleteMany": clauses(filter=filter)}
    removed = Count(0)
    while True:
        reply = await commands.send(command, collection=collection)
        number = number_in(reply, "deletedCount", where=where)
        # -1 says that all were removed at once, uncounted.
        removed += Count(max(number, 0), at_least=reply.lost or number < 0)
        if not status_of(reply, where=where).get("moreData"):
            return removed
        if number == 0 and not reply.lost:
            raise bad_answer("there is more to remove, and nothing was", where=where)
