"""Where a command line comes in and an exit status goes out; it knows no tool and no store.

Next: `headwater.entries.cli.asking`
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import metadata
from typing import NoReturn

from cyclopts import App, CycloptsError

from headwater.entries.cli.exits import COMPLETE
from headwater.entries.cli.failing import status_of
from headwater.entries.cli.options import options_last, wants_json
from headwater.errors import UsageError

HELP = """Answers operational questions on a deadline: typed, cited, complete or honestly partial.

Start with `headwater scan` (this host) or `headwater load PATH`, then `headwater ask "..."`.
"""
GROUPS = {
    "keys": "Make, list and revoke keys: who may ask over a network.",
    "tenants": "Make and list tenants.",
    "work": "What is being done: teams, projects, items of work, sessions.",
    "github": "Credentials to GitHub, and the repositories of projects.",
    "schedules": "Make, list and remove what a server does again and again.",
}
"""Commands that have commands."""
EPILOGUE = """Every command also takes, before or after its name: --database URL
(or HEADWATER_DATABASE), --tenant NAME, --quiet, --json.

Exit status: 0 complete, 3 partial, 1 failed, 2 usage, 130 stopped by a second Ctrl-C.
"""

# Each is imported only when it is named: `--help` shall not wait for a database driver.
COMMANDS = {
    "ask": ("asking:ask", "Answer a question in plain words, in the time given."),
    "call": ("asking:call", "Call one tool with arguments in JSON."),
    "run": ("asking:run", "Run a plan written as JSON."),
    "again": ("asking:again", "Ask again for only what a run is missing."),
    "tools": ("runs:tools", "List the tools: what each does and takes."),
    "runs": ("runs:runs", "List the latest runs."),
    "explain": ("runs:explain", "Explain a run: plan, waterfall, events."),
    "replay": ("runs:replay", "Run a stored plan again and report every difference."),
    "load": ("loading:load", "Load a bundle or a NetBox dump."),
    "scan": ("loading:scan", "Read this host into the estate."),
    "ingest": ("ingesting:ingest", "Take in documents: Markdown, text, HTML, PDF."),
    "documents": ("ingesting:documents", "List the latest documents."),
    "forget": ("ingesting:forget", "Remove a document."),
    "resume": ("work:resume", "Show where work stopped, and what is next."),
    "work teams": ("work:teams", "List your teams."),
    "work team": ("work:team", "Show a team and who is in it."),
    "work create-team": ("work:create_team", "Make a team that you lead."),
    "work invite": ("work:invite", "Make an invitation into a team."),
    "work join": ("work:join", "Join a team by an invitation's code."),
    "work invitations": ("work_people:invitations", "List a team's invitations."),
    "work revoke": ("work_people:revoke", "Let nobody in by an invitation any more."),
    "work set-member": ("work_people:set_member", "Say what somebody is in a team."),
    "work remove-member": ("work_people:remove_member", "Take somebody out of a team."),
    "work webhooks": ("work_people:webhooks", "List a team's webhooks."),
    "work add-webhook": ("work_people:add_webhook", "Have a URL told of what a team does."),
    "work rotate-webhook": ("work_people:rotate_webhook", "Replace a webhook's secret."),
    "work remove-webhook": ("work_people:remove_webhook", "Remove a webhook."),
    "work notices": ("work_people:notices", "Show how far letters and messages are."),
    "work projects": ("work:projects", "List projects."),
    "work project": ("work:project", "Show a project."),
    "work open": ("work:open_project", "Open a project of a team."),
    "work set-project": ("work:set_project", "Change a project."),
    "work delete-project": ("work:delete_project", "Delete a project with its work."),
    "work activity": ("work:activity", "Show what happened in a project."),
    "work items": ("work_items:items", "List items of work."),
    "work item": ("work_items:item", "Show an item of work."),
    "work add": ("work_items:add", "Add an item of work."),
    "work set": ("work_items:set_item", "Change an item of work."),
    "work move": ("work_items:move", "Make an item part of another, or of none."),
    "work delete": ("work_items:delete_item", "Delete an item with its parts."),
    "work promote": ("work_items:promote", "Make a project of an idea."),
    "work depend": ("work_items:depend", "Say what an item hangs on."),
    "work sessions": ("work_items:sessions", "List sessions of investigation."),
    "work session": ("work_items:session", "Show a session."),
    "work start": ("work_items:start", "Start a session of investigation."),
    "work note": ("work_items:note", "Write something down in a session."),
    "work end": ("work_items:end", "End a session, with its summary."),
    "github add": ("github:add", "Keep a token, or an installation of our app."),
    "github list": ("github:show", "List the credentials to GitHub."),
    "github remove": ("github:remove", "Forget a credential."),
    "github login": ("github:login", "Begin a login at GitHub."),
    "github end-login": ("github:end_login", "End a login, and keep what was granted."),
    "github link": ("repositories:link", "Link a project to a repository."),
    "github unlink": ("repositories:unlink", "End a project's link."),
    "github repository": ("repositories:repository", "Show a project's repository."),
    "github import": ("repositories:take", "Take issues over as items of work."),
    "github sync": ("repositories:sync", "Bring a project in step now."),
    "github hook": ("github:hook", "Make a webhook for a linked project."),
    "export": ("loading:export", "Write the estate as a bundle."),
    "serve": ("serving:serve", "Serve the estate over HTTP, WebSocket and MCP."),
    "mcp": ("connecting:mcp", "Answer an agent over standard input and output (MCP)."),
    "keys create": ("access:create_key", "Make a key; it is shown once."),
    "keys list": ("access:list_keys", "List the keys."),
    "keys revoke": ("access:revoke_key", "Revoke a key, within a second everywhere."),
    "tenants create": ("access:create_tenant", "Make a tenant."),
    "tenants list": ("access:list_tenants", "List the tenants."),
    "schedules create": ("schedules:create_schedule", "Do something whenever a cron line says so."),
    "schedules list": ("schedules:list_schedules", "List the schedules."),
    "schedules remove": ("schedules:remove_schedule", "Remove a schedule."),
    "doctor": ("doctor:doctor", "Look whether all is set up, and say what to do."),
    "demo": ("showing:demo", "Make a demo estate and ask it four questions."),
}


def main() -> NoReturn:
    """Run the command line of this process."""
    sys.exit(respond(sys.argv[1:]))


def respond(words: Sequence[str]) -> int:
    """Carry a command line out and return its exit status."""
    as_json = wants_json(words)
    try:
        return _carry_out(options_last(words, GROUPS), as_json=as_json)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  every error becomes a status
        return status_of(error, as_json=as_json)


def make_app() -> App:
    """Return the parser of command lines with every command, none of them imported yet."""
    app = App(
        name="headwater",
        help=HELP,
        help_epilogue=EPILOGUE,
        help_format="plaintext",
        version=lambda: metadata.version("headwater"),
    )
    groups = {name: App(name=name, help=words) for name, words in GROUPS.items()}
    for full, (path, words) in COMMANDS.items():
        group, _, name = full.rpartition(" ")
        place = groups[group] if group else app
        place.command(f"headwater.entries.cli.{path}", name=name, help=words)
    for one in groups.values():
        app.command(one)
    return app


def _carry_out(words: list[str], *, as_json: bool) -> int:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        command, bound, _ = make_app().parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise UsageError(f"{error} (see headwater --help)", code="cli.usage") from error
    ours = command.__module__.startswith("headwater.")
    if as_json and not ours:
        message = "help is no JSON; name a command beside --json, as in headwater tools --json"
        raise UsageError(message, code="cli.usage")
    status = command(*bound.args, **bound.kwargs)
    return int(status) if ours else COMPLETE


if __name__ == "__main__":
    main()
