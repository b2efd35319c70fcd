"""Where the parts of a GitHub are: github.com, or an Enterprise Server; it fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from yarl import URL

from headwater.errors import UsageError

API = "https://api.github.com"
LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))


class Addresses:
    """One installation's addresses.

    Args:
        base: Its API: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server.

    Raises:
        UsageError: `settings.bad`.
    """

    def __init__(self, base: str = API) -> None:
        url = URL(base.rstrip("/"))
        secure = url.scheme == "https" or (url.scheme == "http" and url.host in LOCAL)
        if not secure or not url.host or url.user or url.query or url.fragment:
            message = (
                "HEADWATER_GITHUB_URL is https://api.github.com, or https://HOST/api/v3 of a "
                "GitHub Enterprise Server; nothing else"
            )
            raise UsageError(message, code="settings.bad")
        self.base = url
        web = URL("https://github.com") if url.host == "api.github.com" else url.origin()
        self.authorize = web / "login" / "oauth" / "authorize"
        self.access_token = web / "login" / "oauth" / "access_token"

    def api(self, path: str, **query: str | int | None) -> URL:
        """Return an address of the API; each part of the path is taken as it is written."""
        url = URL(f"{self.base}/{path}", encoded=True)
        given: Mapping[str, str] = {
            name: str(value) for name, value in query.items() if value is not None
        }
        return url.with_query(given) if given else url

    def of(self, repository: str, path: str = "", **query: str | int | None) -> URL:
        """Return an address of a repository, given as `owner/name`."""
        whole = f"repos/{checked(repository)}" + (f"/{path}" if path else "")
        return self.api(whole, **query)

    def owns(self, url: URL) -> bool:
        """Tell whether an address is one of the API, so that a token may go there."""
        return url.origin() == self.base.origin()


def checked(repository: str) -> str:
    """Return a repository's name, which has nothing in it that means something in an address.

    Raises:
        UsageError: `github.bad_name`.
    """
    owner, slash, name = repository.partition("/")
    if not slash or not all(_is_plain(one) for one in (owner, name)):
        message = f"{repository[:100]!r} is no repository; write it as owner/name"
        raise UsageError(message, code="github.bad_name")
    return repository


def quoted(part: str) -> str:
    """Return a part of a path, such as a branch with slashes in its name."""
    return quote(part, safe="")


def _is_plain(part: str) -> bool:
    letters = part.replace("-", "").replace("_", "").replace(".", "")
    return 0 < len(part) <= 100 and letters.isascii() and letters.isalnum()  # noqa: PLR2004
