"""What goes to GitHub and what comes of it; nothing here sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from yarl import URL

from headwater.errors import HeadwaterError

AGENT = f"headwater/{version('headwater')}"
ACCEPT = "application/vnd.github+json, application/json"
API_VERSION = "2022-11-28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to be made.

    Args:
        where: What messages call it, without secrets.
        authorization: The value of that header; empty for none.
        tag: Of what we have; if it is still so, the answer has no body and does not count.
        repeatable: Whether making it twice is the same as once.
    """

    method: str
    url: URL
    where: str
    authorization: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    body_type: str = "application/json"
    accept: str = ACCEPT
    tag: str | None = None
    repeatable: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """Return what is sent along."""
        told = {"Accept": self.accept, "X-GitHub-Api-Version": API_VERSION, "User-Agent": AGENT}
        if self.authorization:
            told["Authorization"] = self.authorization
        if self.body:
            told["Content-Type"] = self.body_type
        if self.tag:
            told["If-None-Match"] = self.tag
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it came; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A try without a whole answer; `maybe_done` where the host may have carried it out."""

    error: HeadwaterError
    maybe_done: bool


class Limited(Miss):
    """A try that the host refused for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success: its JSON, and where the pages beside it are; `data` is None if not modified."""

    data: Any
    tag: str | None = None
    next_url: str | None = None
    link: str = ""
    size_bytes: int = 0
    unchanged: bool = False
