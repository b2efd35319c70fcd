"""The commands on GitHub's credentials: they await one method of the app, and encode.

Next: `headwater.app.code_accounts`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import anyio
from cyclopts import Parameter

from headwater.entries.cli.decode import checked, secret
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_code import (
    draw_credential,
    draw_credentials,
    draw_hook,
    draw_login,
)
from headwater.entries.cli.screen import Screen
from headwater.entries.cli.work_asking import shown
from headwater.errors import UsageError
from headwater.model.repository_link import Credential, Hook, Login

ResultT = TypeVar("ResultT")
Patterns = Annotated[tuple[str, ...], Parameter(name="--repository", negative="")]
Secret = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
"""A file that a secret is in, or - for standard input."""
ALL = ("*",)


def add(
    name: str,
    /,
    *,
    token: Secret = None,
    installation: int | None = None,
    repository: Patterns = ALL,
    options: Options = NO_OPTIONS,
) -> int:
    """Keep a token, or the installation of our app, sealed; a token is typed unseen, or read.

    Args:
        name: What projects are linked by.
        token: The file that the token is in, or - for standard input; else it is asked for.
        installation: The number of the app's installation, in the place of a token.
        repository: What it may be used for, such as acme/*; may be given again.
        options: Options of every command.
    """
    if token is not None and installation is not None:
        message = "give either --token or --installation"
        raise UsageError(message, code="cli.usage")
    given: dict[str, Any] = {"repositories": [checked(one, "--repository") for one in repository]}
    called, screen = checked(name, "the name"), Screen(options)
    held = "" if installation is not None else secret(token, "--token")

    async def made(github: Any) -> Credential:
        kept: Credential
        if installation is not None:
            kept = await github.keep_installation(called, installation, **given)
        else:
            kept = await github.keep_token(called, held, **given)
        return kept

    found = _asked(options, made)
    return shown(found, screen, draw_credential)


def show(*, options: Options = NO_OPTIONS) -> int:
    """List the credentials to GitHub by name; no secret is shown.

    Args:
        options: Options of every command.
    """
    screen = Screen(options)

    async def listed(github: Any) -> list[Credential]:
        found: list[Credential] = await github.credentials()
        return found

    found = _asked(options, listed)
    return shown(found, screen, draw_credentials)


def remove(name: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Forget a credential; what is linked by it is reached no more.

    Args:
        name: The credential's name.
        options: Options of every command.
    """
    screen, called = Screen(options), checked(name, "the name")

    async def gone(github: Any) -> Credential:
        found: Credential = await github.forget(called)
        return found

    found = _asked(options, gone)
    return shown(found, screen, draw_credential)


def login(
    name: str,
    /,
    *,
    redirect: str | None = None,
    repository: Patterns = ALL,
    options: Options = NO_OPTIONS,
) -> int:
    """Begin a login at GitHub (OAuth with PKCE): open the address, then end it by end-login.

    Args:
        name: What the credential is to be called.
        redirect: Where GitHub sends people back to; else as the app says there.
        repository: What it may be used for, such as acme/*; may be given again.
        options: Options of every command.
    """
    screen, called = Screen(options), checked(name, "the name")
    back = None if redirect is None else checked(redirect, "--redirect")
    patterns = [checked(one, "--repository") for one in repository]

    async def begun(github: Any) -> Login:
        found: Login = await github.begin_login(called, redirect=back, repositories=patterns)
        return found

    found = _asked(options, begun)
    return shown(found, screen, draw_login)


def end_login(state: str, /, *, code: Secret = None, options: Options = NO_OPTIONS) -> int:
    """End a login by the code that GitHub sent back, and keep what was granted.

    Args:
        state: As `headwater github login` gave it.
        code: The file that the code is in, or - for standard input; else it is asked for.
        options: Options of every command.
    """
    screen, told = Screen(options), checked(state, "the state")
    held = secret(code, "--code")

    async def ended(github: Any) -> Credential:
        found: Credential = await github.end_login(told, held)
        return found

    found = _asked(options, ended)
    return shown(found, screen, draw_credential)


def hook(project_id: int, /, *, options: Options = NO_OPTIONS) -> int:
    """Make a webhook for a linked project, in the place of one before; shown this once.

    Args:
        project_id: The project's id.
        options: Options of every command.
    """
    screen = Screen(options)

    async def made(github: Any) -> Hook:
        found: Hook = await github.webhook(project_id)
        return found

    found = _asked(options, made)
    return shown(found, screen, draw_hook)


def _asked(options: Options, ask: Callable[[Any], Awaitable[ResultT]]) -> ResultT:
    """Open the estate for as long as it takes to ask one thing of GitHub."""
    from headwater.entries.cli.door import opened

    async def asked() -> ResultT:
        async with opened(options) as app:
            return await ask(app.github)

    return anyio.run(asked)
