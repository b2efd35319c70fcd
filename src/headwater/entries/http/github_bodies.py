"""What bodies of the routes on GitHub hold; it reads none. Secrets in them are shown nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, SecretStr

from headwater.entries.wire.decode import Body
from headwater.model.repository_link import Credential

ALL = ["*"]
PATTERNS = "What it may be used for: patterns such as `acme/*`."


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialList:
    """The tenant's credentials by name."""

    credentials: list[Credential]


class CredentialBody(Body):
    """A credential: a token, or the number of the installation of our app."""

    name: str = Field(description="What projects are linked by.", examples=["robot"])
    token: SecretStr | None = Field(default=None, description="A personal token.")
    installation: int | None = Field(default=None, description="The installation's number.")
    repositories: list[str] = Field(default=ALL, description=PATTERNS, examples=[["acme/*"]])


class LoginBody(Body):
    """What a login is to be begun for."""

    name: str = Field(description="What the credential is to be called.", examples=["ann"])
    redirect: str | None = Field(default=None, description="Where GitHub sends people back to.")
    repositories: list[str] = Field(default=ALL, description=PATTERNS, examples=[["acme/*"]])


class CodeBody(Body):
    """What GitHub sent back at the end of a login."""

    state: str = Field(description="As the login was begun with.")
    code: SecretStr = Field(description="The code, good once.")
