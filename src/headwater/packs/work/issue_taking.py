"""How issues and milestones become items of work, and what changed of them does; it fetches none.

Next: `headwater.analysis.issue_merge`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from headwater.analysis import issue_merge as merge
from headwater.errors import LimitError, UsageError
from headwater.model.activity import Activity
from headwater.model.repository import Issue, Milestone, PullRequest
from headwater.model.repository_link import SeenIssue
from headwater.model.work_item import WorkItem, WorkItemChanges, WorkItemDraft
from headwater.packs.work.syncing import Syncing

Drafts: TypeAlias = Mapping[int, WorkItemDraft]
TRIES = 5
MOST_ACTIVITIES = 400


async def take_milestones(syncing: Syncing, stones: Sequence[Milestone]) -> None:
    """Take milestones over as items."""
    syncing.counts.milestones += len(stones)
    drafts = {
        one.number: merge.milestone_draft(one, repository=syncing.link.repository) for one in stones
    }
    await _take(syncing, stones, drafts, milestones=True)


async def take_issues(syncing: Syncing, issues: Sequence[Issue]) -> None:
    """Take issues over as items, each part of its milestone's; pull requests are none."""
    newest = {one.number: one for one in issues if not one.is_pull}
    stones = sorted({one.milestone for one in newest.values() if one.milestone is not None})
    parents = await syncing.seen(stones, milestones=True)
    drafts = {
        one.number: merge.issue_draft(
            one, repository=syncing.link.repository, parent=_item_in(parents, one.milestone)
        )
        for one in newest.values()
    }
    await _take(syncing, list(newest.values()), drafts, milestones=False)


async def _take(
    syncing: Syncing, ones: Sequence[Issue | Milestone], drafts: Drafts, *, milestones: bool
) -> None:
    """Make items of what was never seen, and change those of what has changed."""
    seen = await syncing.seen([one.number for one in ones], milestones=milestones)
    new = [one for one in ones if one.number not in seen]
    if new:
        await _make(syncing, new, drafts, milestones=milestones)
    kept = []
    for one in ones:
        before = seen.get(one.number)
        if before is not None and await _change(syncing, one, before):
            kept.append(replace(before, marks=merge.marks_of(one)))
    await syncing.keep_seen(kept)


async def _make(
    syncing: Syncing, new: Sequence[Issue | Milestone], drafts: Drafts, *, milestones: bool
) -> None:
    reach, project = syncing.reach, syncing.link.project
    written = await reach.items.bring(
        project, [drafts[one.number] for one in new], principal=reach.principal
    )
    rows = [
        SeenIssue(
            number=one.number, is_milestone=milestones, item=item.id, marks=merge.marks_of(one)
        )
        for one, item in zip(new, written.value, strict=True)
    ]
    await syncing.keep_seen(rows)
    syncing.counts.added += len(new)
    await syncing.tell(written)


async def _change(syncing: Syncing, one: Issue | Milestone, before: SeenIssue) -> bool:
    """Change an item as its issue has changed; return whether there is something new to keep."""
    marks = merge.marks_of(one)
    if marks == before.marks or merge.is_older(one, before.marks):
        syncing.counts.unchanged += 1
        return False
    try:
        changed = await _write_changes(syncing, one, before)
    except UsageError as error:
        if error.code != "work.unknown":
            raise
        syncing.counts.left += 1
        return True
    syncing.counts.changed += changed
    syncing.counts.unchanged += not changed
    return True


async def _write_changes(syncing: Syncing, one: Issue | Milestone, before: SeenIssue) -> bool:
    """Write what changed; where others change the same item meanwhile, look again."""
    for _ in range(TRIES):
        held = await syncing.reach.items.find(before.item, principal=syncing.reach.principal)
        try:
            return await _write_once(syncing, one, before, held=held)
        except UsageError as error:
            if error.code not in {"work.conflict", "work.rolled_up"}:
                raise
    message = f"item {before.item} is changed by others again and again; ask again"
    raise LimitError(message, code="work.busy", retry_safe=True)


async def _write_once(
    syncing: Syncing, one: Issue | Milestone, before: SeenIssue, *, held: WorkItem
) -> bool:
    items, who = syncing.reach.items, syncing.reach.principal
    changes = merge.changes_of(one, before.marks, held)
    version = held.version
    if changes:
        written = await items.update(held.id, version=version, changes=changes, principal=who)
        version = written.value.version
        await syncing.tell(written)
    if isinstance(one, Issue) and merge.marks_of(one)["milestone"] != before.marks["milestone"]:
        stones = [] if one.milestone is None else [one.milestone]
        parents = await syncing.seen(stones, milestones=True)
        parent = _item_in(parents, one.milestone)
        if parent != held.parent:
            moved = await items.move(held.id, version=version, parent=parent, principal=who)
            await syncing.tell(moved)
            return True
    return bool(changes)


async def push_back(syncing: Syncing) -> None:
    """Tell the host of issues that were ended, or taken up again, here."""
    reach, project = syncing.reach, syncing.link.project
    after = int(syncing.state.tags.get("seq", "0"))
    done = await reach.activities.since(
        project, after=after, limit=MOST_ACTIVITIES, principal=reach.principal
    )
    for item in dict.fromkeys(int(one.object_id) for one in done if _is_status(one)):
        await _push_one(syncing, item)
    if done:
        await syncing.keep(tags={**syncing.state.tags, "seq": str(done[-1].seq)})


async def _push_one(syncing: Syncing, item: int) -> None:
    reach, link = syncing.reach, syncing.link
    try:
        held = await reach.items.find(item, principal=reach.principal)
    except UsageError:  # deleted since
        return
    number = merge.number_in(held.issue, link.repository)
    seen = {} if number is None else await syncing.seen([number], milestones=False)
    if number is None or number not in seen:
        return
    if not merge.differs_at_host(held, seen[number].marks):
        return
    state, reason = merge.state_of(held.status)
    one = await reach.host.set_state(
        link.place, number, state=state, reason=reason, principal=reach.principal
    )
    await syncing.keep_seen([replace(seen[number], marks=merge.marks_of(one))])
    syncing.counts.pushed += 1


def _is_status(one: Activity) -> bool:
    return one.object_type == "item" and "status" in one.changes


def _item_in(seen: Mapping[int, SeenIssue], number: int | None) -> int | None:
    found = None if number is None else seen.get(number)
    return None if found is None else found.item


async def take_pull(syncing: Syncing, pull: PullRequest) -> None:
    """Say of the items whose issues a pull request closes that it does, and when it is merged."""
    ref = merge.issue_ref(syncing.link.repository, pull.number)
    for number, seen in (await syncing.seen(merge.closed_by(pull.body), milestones=False)).items():
        del number
        await change_item(syncing, seen.item, ref=ref, merged=pull.merged_at is not None)


async def drop_issue(syncing: Syncing, number: int, *, milestone: bool) -> None:
    """Drop the item of an issue that is no more."""
    for seen in (await syncing.seen([number], milestones=milestone)).values():
        await change_item(syncing, seen.item, dropped=True)


async def change_item(
    syncing: Syncing,
    item: int,
    *,
    ref: str | None = None,
    merged: bool = False,
    dropped: bool = False,
) -> None:
    """Change what follows from an event, unless the item was deleted here."""
    items, who = syncing.reach.items, syncing.reach.principal
    for _ in range(TRIES):
        try:
            held = await items.find(item, principal=who)
            changes: WorkItemChanges = {} if ref is None else {"pull_request": ref}
            if (merged or dropped) and not held.children:
                changes["status"] = "dropped" if dropped else "merged"
            if not changes:
                return
            written = await items.update(item, version=held.version, changes=changes, principal=who)
        except UsageError as error:
            if error.code == "work.unknown":
                return
            if error.code != "work.conflict":
                raise
            continue
        syncing.counts.changed += bool(written.activities)
        await syncing.tell(written)
        return
