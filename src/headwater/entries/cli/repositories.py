"""The commands on the repositories of projects; each asks one tool and shows its value.

Next: `headwater.entries.cli.work_asking`
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_code import draw_link, draw_report, draw_repository
from headwater.entries.cli.work_asking import asked, given, names_of, words_of


def link(
    project_id: int,
    repository: str,
    /,
    *,
    credential: str | None = None,
    item: Annotated[tuple[str, ...], Parameter(name="--item", negative="")] = (),
    pushes: bool = False,
    options: Options = NO_OPTIONS,
) -> int:
    """Link a project to a repository.

    Args:
        project_id: The project's id.
        repository: Written as owner/name.
        credential: The name of the credential that it is reached by.
        item: The code of a configuration item that runs its code; may be given again.
        pushes: Close and reopen issues there too.
        options: Options of every command.
    """
    told = given(
        project=project_id,
        repository=words_of(repository, "the repository"),
        credential=words_of(credential, "--credential"),
        items=names_of(item, "--item"),
        pushes=pushes or None,
    )
    return asked("work.link_repository", told, options=options, draw=draw_repository)


def unlink(project_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """End a project's link; the items that came from there stay.

    Args:
        project_id: The project's id.
        options: Options of every command.
    """
    told = {"project": project_id}
    return asked("work.unlink_repository", told, options=options, draw=draw_link)


def repository(project_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Show a project's repository, and how far it is in step.

    Args:
        project_id: The project's id.
        options: Options of every command.
    """
    told = {"project": project_id}
    return asked("work.repository", told, options=options, draw=draw_repository)


def take(project_id: int, /, *, again: bool = False, options: Options = NO_OPTIONS) -> int:
    """Take issues and milestones over as items; where it is not complete, ask again.

    Args:
        project_id: The project's id.
        again: From the first page on, though it was done.
        options: Options of every command.
    """
    told = given(project=project_id, again=again or None)
    return asked("work.import_issues", told, options=options, draw=draw_report)


def sync(project_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Bring a project in step with its repository now.

    Args:
        project_id: The project's id.
        options: Options of every command.
    """
    return asked("work.sync", {"project": project_id}, options=options, draw=draw_report)
