"""The commands on items of work and sessions; each asks one tool and shows its value.

Next: `headwater.entries.cli.work_asking`
"""

from __future__ import annotations

from typing import Literal

from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_work import (
    draw_dependency,
    draw_gone,
    draw_item,
    draw_items,
    draw_project,
    draw_session,
    draw_sessions,
)
from headwater.entries.cli.work_asking import asked, changed, changes_of, given, name_of, words_of

Hangs = Literal["blocks", "requires", "related"]


def items(
    *,
    project: int | None = None,
    status: tuple[str, ...] = (),
    assignee: str | None = None,
    ci: str | None = None,
    open_only: bool = False,
    limit: int = 20,
    options: Options = NO_OPTIONS,
) -> int:
    """List items of work, the most urgent first.

    Args:
        project: Only those of this project.
        status: Only those of this status; may be given again.
        assignee: Only those of this person.
        ci: Only those about this configuration item, by code.
        open_only: Only those that are not finished.
        limit: How many at the most.
        options: Options of every command.
    """
    told = given(
        project=project,
        status=list(status) or None,
        assignee=words_of(assignee, "--assignee"),
        ci=name_of(ci, "--ci"),
        open_only=open_only or None,
        limit=limit,
    )
    return asked("work.items", told, options=options, draw=draw_items)


def item(item_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Show an item of work.

    Args:
        item_id: The item's id.
        options: Options of every command.
    """
    return asked("work.item", {"item": item_id}, options=options, draw=draw_item)


def add(project_id: int, title: str, /, *said: str, options: Options = NO_OPTIONS) -> int:
    """Add an item of work to a project.

    Args:
        project_id: The project's id.
        title: What is to be done.
        said: More of it as field=value, such as kind=incident priority=1 assignee=olga
            due=2026-12-01 items=checkout-api parent=7; without a kind it is a todo.
        options: Options of every command.
    """
    told = {"kind": "todo", **(changes_of(said) if said else {})}
    named = {"project": project_id, "title": words_of(title, "the title")}
    return asked("work.create_item", told | named, options=options, draw=draw_item)


def set_item(item_id: int, /, *changes: str, options: Options = NO_OPTIONS) -> int:
    """Change an item of work.

    Args:
        item_id: The item's id.
        changes: As field=value, such as status=done assignee=olga; field= clears.
        options: Options of every command.
    """
    return changed("work.item", {"item": item_id}, changes, options=options, draw=draw_item)


def move(
    item_id: int, /, *, version: int, parent: int | None = None, options: Options = NO_OPTIONS
) -> int:
    """Make an item of work part of another, or of its project alone.

    Args:
        item_id: The item's id.
        version: The version that you have seen.
        parent: The other item; without it none.
        options: Options of every command.
    """
    told = {"item": item_id, "version": version, "parent": parent}
    return asked("work.move_item", told, options=options, draw=draw_item)


def delete_item(item_id: int, /, *, version: int, options: Options = NO_OPTIONS) -> int:
    """Delete an item of work with all that is part of it.

    Args:
        item_id: The item's id.
        version: The version that you have seen.
        options: Options of every command.
    """
    told = {"item": item_id, "version": version}
    return asked("work.delete_item", told, options=options, draw=draw_gone)


def promote(item_id: int, /, *, version: int, options: Options = NO_OPTIONS) -> int:
    """Make a project of an idea, once.

    Args:
        item_id: The idea's id.
        version: The version that you have seen.
        options: Options of every command.
    """
    told = {"item": item_id, "version": version}
    return asked("work.promote_idea", told, options=options, draw=draw_project)


def depend(
    item_id: int, /, *, on: int, how: Hangs = "requires", options: Options = NO_OPTIONS
) -> int:
    """Say what an item of work hangs on.

    Args:
        item_id: The item's id.
        on: The other item.
        how: Whether it blocks the other, requires it, or is related to it.
        options: Options of every command.
    """
    told = given(item=item_id, on=on, type=how)
    return asked("work.depend", told, options=options, draw=draw_dependency)


def sessions(
    *,
    project: int | None = None,
    open_only: bool = False,
    limit: int = 20,
    options: Options = NO_OPTIONS,
) -> int:
    """List sessions, the newest first.

    Args:
        project: Only those of this project.
        open_only: Only those that are not ended.
        limit: How many at the most.
        options: Options of every command.
    """
    told = given(project=project, open_only=open_only or None, limit=limit)
    return asked("work.sessions", told, options=options, draw=draw_sessions)


def session(session_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Show a session: its goal, runs and notes, and its summary once it has ended.

    Args:
        session_id: The session's id.
        options: Options of every command.
    """
    return asked("work.session", {"session": session_id}, options=options, draw=draw_session)


def start(project_id: int, goal: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Start a session of investigation.

    Args:
        project_id: The project's id.
        goal: What you want to find out.
        options: Options of every command.
    """
    told = given(project=project_id, goal=words_of(goal, "the goal"))
    return asked("work.start_session", told, options=options, draw=draw_session)


def note(
    session_id: int, text: str, /, *, done: bool = False, options: Options = NO_OPTIONS
) -> int:
    """Write something down in a session.

    Args:
        session_id: The session's id.
        text: What to write down.
        done: Whether it tells of something done.
        options: Options of every command.
    """
    told = given(session=session_id, text=words_of(text, "the text"), done=done)
    return asked("work.note", told, options=options, draw=draw_session)


def end(session_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """End a session; its summary is written from what happened in it.

    Args:
        session_id: The session's id.
        options: Options of every command.
    """
    return asked("work.end_session", {"session": session_id}, options=options, draw=draw_session)
