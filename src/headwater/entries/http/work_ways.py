"""Which routes on work there are, and the tool behind each: one table; it answers none.

`docs/reference/http.md` has a heading for each.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from headwater.app.service import AsyncHeadwater
from headwater.entries.http import work_bodies as bodies
from headwater.entries.http.describing import Operation, Parameter
from headwater.entries.http.work import Way, endpoint_of
from headwater.model.notice import NOTICE_STATUSES
from headwater.model.project import PROJECT_STATUSES, Project, ProjectPage
from headwater.model.repository import Branch, Issue, PullRequest
from headwater.model.repository_link import RepositoryLink, SyncReport
from headwater.model.session import Session, SessionPage
from headwater.model.team import Invitation, TeamPage, TeamView
from headwater.model.webhook import NewWebhook, Webhook
from headwater.model.work_item import WORK_STATUSES, Dependency, WorkItem, WorkItemPage

NUMBER = {"type": "integer"}
TEXT = {"type": "string"}
MANY = {"type": "array", "items": TEXT}
FLAG = {"type": "boolean"}
LIMIT = Parameter("limit", "query", "How many at the most.", {"type": "integer", "minimum": 1}, 20)
CURSOR = Parameter("cursor", "query", "Where the page before ended.", TEXT)
PAGE = (LIMIT, CURSOR)
IF_MATCH = Parameter("If-Match", "header", "The ETag that you have read.", TEXT, '"3"')
TEAM = Parameter("team", "path", "The team's id.", NUMBER, 1)
PERSON = Parameter("person", "path", "By the name that they ask with.", TEXT, "olga")
INVITATION = Parameter("invitation", "path", "The invitation's id.", NUMBER, 1)
PROJECT = Parameter("project", "path", "The project's id.", NUMBER, 1)
ITEM = Parameter("item", "path", "The item's id.", NUMBER, 1)
ON = Parameter("on", "path", "The other item's id.", NUMBER, 2)
TYPE = Parameter("type", "path", "blocks, requires or related.", TEXT, "requires")
WEBHOOK = Parameter("webhook", "path", "The webhook's id.", NUMBER, 1)
OWN_NUMBER = Parameter("number", "path", "Its number in the repository.", NUMBER, 12)
SESSION = Parameter("session", "path", "The session's id.", NUMBER, 1)


def _only(name: str, schema: dict[str, Any], words: str) -> Parameter:
    return Parameter(name, "query", words, schema)


OF_PROJECT = _only("project", NUMBER, "Only those of this project.")
ABOUT = _only("ci", TEXT, "Only those about this configuration item, by code.")
WORDS = _only("text", TEXT, "Only those whose name contains this.")
OPEN = _only("open_only", FLAG, "Only those that are not finished.")
STATUS = "Only those of this status; may be given again."
OF_TEAM = _only("team", NUMBER, "Only those of this team.")
OF_STATUS = _only("status", {"type": "array", "items": {"enum": list(PROJECT_STATUSES)}}, STATUS)
WORK_STATUS = _only("status", {"type": "array", "items": {"enum": list(WORK_STATUSES)}}, STATUS)
ASSIGNEE = _only("assignee", TEXT, "Only those of this person.")
PARENT = _only("parent", NUMBER, "Only the parts of this item.")
NOTICE_STATUS = _only("status", {"type": "array", "items": {"enum": list(NOTICE_STATUSES)}}, STATUS)
STATE = _only("state", {"enum": ["open", "closed", "all"]}, "Which ones; open where left out.")
BRANCH = _only("branch", TEXT, "Of this branch; else of the default one.")

reads = partial(Way, method="GET")
makes = partial(Way, method="POST", status=201)
does = partial(Way, method="POST")
changes = partial(Way, method="PATCH", changes=True, versioned=True)
removes = partial(Way, method="DELETE")

TEAMS = (
    reads(path="/v1/teams", tool="work.teams", words="List your teams.", gives=TeamPage,
          parameters=PAGE),
    makes(path="/v1/teams", tool="work.create_team", words="Make a team that you lead.",
          gives=TeamView, takes=bodies.TeamBody, made_at="/v1/teams/{id}"),
    reads(path="/v1/teams/{team}", tool="work.team", words="Show a team and who is in it.",
          gives=TeamView, parameters=(TEAM,)),
    changes(path="/v1/teams/{team}", tool="work.update_team", words="Change a team.",
            gives=TeamView, takes=bodies.TeamPatch, parameters=(TEAM,)),
    removes(path="/v1/teams/{team}", tool="work.delete_team", words="Delete a team.",
            gives=TeamView, parameters=(TEAM,), versioned=True),
    Way(method="PUT", path="/v1/teams/{team}/members/{person}", tool="work.set_member",
        words="Say what somebody is in a team.", gives=TeamView, takes=bodies.MemberBody,
        parameters=(TEAM, PERSON)),
    removes(path="/v1/teams/{team}/members/{person}", tool="work.remove_member",
            words="Take somebody out of a team.", gives=TeamView, parameters=(TEAM, PERSON)),
    reads(path="/v1/teams/{team}/invitations", tool="work.invitations",
          words="List a team's invitations.", gives="Value", parameters=(TEAM,)),
    makes(path="/v1/teams/{team}/invitations", tool="work.invite",
          words="Make an invitation into a team.", gives=Invitation,
          takes=bodies.InvitationBody, parameters=(TEAM,)),
    removes(path="/v1/invitations/{invitation}", tool="work.revoke_invitation",
            words="Let nobody in by an invitation any more.", gives=Invitation,
            parameters=(INVITATION,)),
    does(path="/v1/invitations/join", tool="work.join", words="Join a team by a code.",
         gives=TeamView, takes=bodies.CodeBody),
)  # fmt: skip
PROJECTS = (
    reads(path="/v1/projects", tool="work.projects", words="List projects.", gives=ProjectPage,
          parameters=(*PAGE, OF_TEAM, OF_STATUS, ABOUT, WORDS)),
    makes(path="/v1/projects", tool="work.create_project", words="Open a project of a team.",
          gives=Project, takes=bodies.ProjectBody, made_at="/v1/projects/{id}"),
    reads(path="/v1/projects/{project}", tool="work.project", words="Show a project.",
          gives=Project, parameters=(PROJECT,)),
    changes(path="/v1/projects/{project}", tool="work.update_project", words="Change a project.",
            gives=Project, takes=bodies.ProjectPatch, parameters=(PROJECT,)),
    removes(path="/v1/projects/{project}", tool="work.delete_project",
            words="Delete a project with its work.", gives=Project, parameters=(PROJECT,),
            versioned=True),
    reads(path="/v1/projects/{project}/activity", tool="work.activity",
          words="Tell what happened in a project, in order.", gives="Value",
          parameters=(PROJECT, LIMIT, _only("after", NUMBER, "The last number seen."))),
    reads(path="/v1/resume", tool="work.resume", words="Tell where work stopped, and what is next.",
          gives="Value", parameters=(_only("project", NUMBER, "Of this project."),)),
)  # fmt: skip
ITEMS = (
    reads(path="/v1/items", tool="work.items", words="List items of work, by priority.",
          gives=WorkItemPage,
          parameters=(*PAGE, OF_PROJECT, WORK_STATUS, ASSIGNEE, PARENT, ABOUT, WORDS, OPEN)),
    makes(path="/v1/items", tool="work.create_item", words="Make an item of work.",
          gives=WorkItem, takes=bodies.ItemBody, made_at="/v1/items/{id}"),
    reads(path="/v1/items/{item}", tool="work.item", words="Show an item of work.",
          gives=WorkItem, parameters=(ITEM,)),
    changes(path="/v1/items/{item}", tool="work.update_item", words="Change an item of work.",
            gives=WorkItem, takes=bodies.ItemPatch, parameters=(ITEM,)),
    removes(path="/v1/items/{item}", tool="work.delete_item",
            words="Delete an item of work with its parts.", gives=WorkItem, parameters=(ITEM,),
            versioned=True),
    does(path="/v1/items/{item}/move", tool="work.move_item",
         words="Make an item part of another, or of none.", gives=WorkItem, takes=bodies.MoveBody,
         parameters=(ITEM,), versioned=True),
    does(path="/v1/items/{item}/promote", tool="work.promote_idea",
         words="Make a project of an idea, once.", gives=Project, parameters=(ITEM,),
         versioned=True, status=201, made_at="/v1/projects/{id}"),
    reads(path="/v1/items/{item}/dependencies", tool="work.dependencies",
          words="Tell what an item hangs on.", gives="Value", parameters=(ITEM,)),
    makes(path="/v1/items/{item}/dependencies", tool="work.depend",
          words="Say what an item hangs on.", gives=Dependency, takes=bodies.DependencyBody,
          parameters=(ITEM,)),
    removes(path="/v1/items/{item}/dependencies/{type}/{on}", tool="work.undepend",
            words="Take back what an item hangs on.", gives=Dependency,
            parameters=(ITEM, TYPE, ON)),
)  # fmt: skip
SESSIONS = (
    reads(path="/v1/sessions", tool="work.sessions", words="List sessions of investigation.",
          gives=SessionPage, parameters=(*PAGE, OF_PROJECT, OPEN)),
    makes(path="/v1/sessions", tool="work.start_session", words="Start a session.",
          gives=Session, takes=bodies.SessionBody, made_at="/v1/sessions/{id}"),
    reads(path="/v1/sessions/{session}", tool="work.session", words="Show a session.",
          gives=Session, parameters=(SESSION,)),
    does(path="/v1/sessions/{session}/notes", tool="work.note", words="Write something down.",
         gives=Session, takes=bodies.NoteBody, parameters=(SESSION,), status=201),
    does(path="/v1/sessions/{session}/runs", tool="work.add_run",
         words="Remember that a run belongs to a session.", gives=Session, takes=bodies.RunBody,
         parameters=(SESSION,)),
    does(path="/v1/sessions/{session}/join", tool="work.join_session",
         words="Take part in a session.", gives=Session, parameters=(SESSION,)),
    does(path="/v1/sessions/{session}/leave", tool="work.leave_session",
         words="Take no part in a session any more.", gives=Session, parameters=(SESSION,)),
    does(path="/v1/sessions/{session}/end", tool="work.end_session",
         words="End a session, with a summary of what happened in it.", gives=Session,
         parameters=(SESSION,)),
)  # fmt: skip
NOTICES = (
    reads(path="/v1/teams/{team}/webhooks", tool="work.webhooks", words="List a team's webhooks.",
          gives="Value", parameters=(TEAM,)),
    makes(path="/v1/teams/{team}/webhooks", tool="work.add_webhook",
          words="Have a URL told of what a team does; its secret is shown this once.",
          gives=NewWebhook, takes=bodies.WebhookBody, parameters=(TEAM,)),
    does(path="/v1/webhooks/{webhook}/rotate", tool="work.rotate_webhook",
         words="Replace a webhook's secret; the new one is shown this once.", gives=NewWebhook,
         parameters=(WEBHOOK, _only("keep_s", NUMBER, "How long the one before signs still."))),
    removes(path="/v1/webhooks/{webhook}", tool="work.remove_webhook", words="Remove a webhook.",
            gives=Webhook, parameters=(WEBHOOK,)),
    reads(path="/v1/notices", tool="work.notices",
          words="Tell how far letters and messages to webhooks are.", gives="Value",
          parameters=(OF_TEAM, NOTICE_STATUS, LIMIT)),
)  # fmt: skip
REPOSITORY = "/v1/projects/{project}/repository"
REPOSITORIES = (
    reads(path=REPOSITORY, tool="work.repository", words="Show a project's link and repository.",
          gives="Value", parameters=(PROJECT,)),
    Way(method="PUT", path=REPOSITORY, tool="work.link_repository",
        words="Link a project to a repository.", gives="Value", takes=bodies.LinkBody,
        parameters=(PROJECT,)),
    removes(path=REPOSITORY, tool="work.unlink_repository", words="End a project's link.",
            gives=RepositoryLink, parameters=(PROJECT,)),
    does(path=f"{REPOSITORY}/import", tool="work.import_issues",
         words="Take issues and milestones over as items; ask again where it is not complete.",
         gives=SyncReport, parameters=(PROJECT, _only("again", FLAG, "From the first page on."))),
    does(path=f"{REPOSITORY}/sync", tool="work.sync", words="Bring a project in step now.",
         gives=SyncReport, parameters=(PROJECT,)),
    reads(path=f"{REPOSITORY}/issues", tool="work.issues", words="List a repository's issues.",
          gives="Value", parameters=(PROJECT, STATE, LIMIT)),
    makes(path=f"{REPOSITORY}/issues", tool="work.create_issue",
          words="Open an issue, and take it over as an item.", gives=Issue, takes=bodies.IssueBody,
          parameters=(PROJECT,)),
    reads(path=f"{REPOSITORY}/issues/{{number}}", tool="work.issue", words="Show an issue.",
          gives=Issue, parameters=(PROJECT, OWN_NUMBER)),
    reads(path=f"{REPOSITORY}/pulls", tool="work.pulls", words="List pull requests.",
          gives="Value", parameters=(PROJECT, STATE, LIMIT)),
    makes(path=f"{REPOSITORY}/pulls", tool="work.create_pull", words="Open a pull request.",
          gives=PullRequest, takes=bodies.PullBody, parameters=(PROJECT,)),
    reads(path=f"{REPOSITORY}/pulls/{{number}}", tool="work.pull", words="Show a pull request.",
          gives=PullRequest, parameters=(PROJECT, OWN_NUMBER)),
    reads(path=f"{REPOSITORY}/branches", tool="work.branches", words="List branches.",
          gives="Value", parameters=(PROJECT, LIMIT)),
    makes(path=f"{REPOSITORY}/branches", tool="work.create_branch", words="Make a branch.",
          gives=Branch, takes=bodies.BranchBody, parameters=(PROJECT,)),
    reads(path=f"{REPOSITORY}/milestones", tool="work.milestones", words="List milestones.",
          gives="Value", parameters=(PROJECT, STATE, LIMIT)),
    reads(path=f"{REPOSITORY}/commits", tool="work.commits", words="List commits, newest first.",
          gives="Value", parameters=(PROJECT, BRANCH, LIMIT)),
)  # fmt: skip
WAYS = (*TEAMS, *PROJECTS, *ITEMS, *SESSIONS, *NOTICES, *REPOSITORIES)
REFUSES = (404, 409, 415, 422, 502, 504)
UNLESS_SEEN = (412, 428)


def work_operations(hw: AsyncHeadwater) -> list[Operation]:
    """Return the operations on work over an app."""
    return [_operation(hw, way) for way in WAYS]


def _operation(hw: AsyncHeadwater, way: Way) -> Operation:
    group = way.path.split("/")[2]
    return Operation(
        method=way.method,
        path=way.path,
        endpoint=endpoint_of(hw, way),
        tag="projects" if group == "resume" else group,
        gives={way.status: way.gives},
        takes=way.takes,
        example=None if way.takes is None else bodies.example_of(way.takes) or None,
        parameters=(*way.parameters, *((IF_MATCH,) if way.versioned else ())),
        refuses=(*REFUSES, *(UNLESS_SEEN if way.versioned else ())),
        name=way.name,
    )
