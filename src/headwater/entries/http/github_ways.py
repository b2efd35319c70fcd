"""Which routes on GitHub there are, with what each takes and gives; it answers none."""

from __future__ import annotations

from functools import partial

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.describing import Operation, Parameter
from headwater.entries.http.github import GitHub
from headwater.entries.http.github_bodies import CodeBody, CredentialBody, CredentialList, LoginBody
from headwater.entries.wire.paths import WEBHOOK
from headwater.model.repository_link import Credential, Hook, Login

TEXT = {"type": "string"}
DELIVERY = {
    "application/json": {
        "schema": {"type": "object"},
        "example": {"action": "opened", "repository": {"full_name": "acme/shop"}},
    }
}
SENT = (
    Parameter("hook", "query", "The webhook's name.", TEXT),
    Parameter("X-GitHub-Event", "header", "What happened.", TEXT, "issues"),
    Parameter("X-GitHub-Delivery", "header", "The delivery's id.", TEXT),
    Parameter("X-Hub-Signature-256", "header", "The signature over the body.", TEXT),
)
NAME = Parameter("credential", "path", "The credential's name.", TEXT, "robot")
PROJECT = Parameter("project", "path", "The project's id.", {"type": "integer"}, 1)
CREDENTIALS = "/v1/github/credentials"
OUTSIDE = (415, 422, 502)
"""What a request that GitHub is asked for may also end in."""


def github_operations(hw: AsyncHeadwater) -> list[Operation]:
    """Return the operations on GitHub over an app."""
    github = GitHub(hw)
    return [_webhook(github), *_credentials(github), *_logins(github)]


def _webhook(github: GitHub) -> Operation:
    return Operation(
        method="POST",
        path=WEBHOOK,
        endpoint=github.webhook,
        tag="github",
        gives={204: None},
        takes=DELIVERY,
        parameters=SENT,
        refuses=(400, 403, 409, 413, 422, 431, 503),
        open=True,
        name="github_webhook",
    )


def _credentials(github: GitHub) -> list[Operation]:
    of_github = partial(Operation, tag="github")
    return [
        of_github(
            method="GET",
            path=CREDENTIALS,
            endpoint=github.credentials,
            gives={200: CredentialList},
            name="list_credentials",
        ),
        of_github(
            method="POST",
            path=CREDENTIALS,
            endpoint=github.keep,
            gives={201: Credential},
            takes=CredentialBody,
            example={"name": "robot", "token": "github_pat_...", "repositories": ["acme/*"]},
            refuses=OUTSIDE,
            name="keep_credential",
        ),
        of_github(
            method="DELETE",
            path=f"{CREDENTIALS}/{{credential}}",
            endpoint=github.forget,
            gives={200: Credential},
            parameters=(NAME,),
            refuses=(404, 422),
            name="forget_credential",
        ),
    ]


def _logins(github: GitHub) -> list[Operation]:
    posts = partial(Operation, method="POST", tag="github")
    return [
        posts(
            path="/v1/github/logins",
            endpoint=github.begin_login,
            gives={201: Login},
            takes=LoginBody,
            example={"name": "ann", "repositories": ["acme/*"]},
            refuses=OUTSIDE,
            name="begin_login",
        ),
        posts(
            path="/v1/github/logins/end",
            endpoint=github.end_login,
            gives={201: Credential},
            takes=CodeBody,
            example={"state": "...", "code": "..."},
            refuses=OUTSIDE,
            name="end_login",
        ),
        posts(
            path="/v1/github/hooks/{project}",
            endpoint=github.hook,
            gives={201: Hook},
            parameters=(PROJECT,),
            refuses=(404, 422),
            name="make_hook",
        ),
    ]
