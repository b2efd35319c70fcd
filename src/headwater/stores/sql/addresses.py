"""What does the URL of a database server say? Where it is, who enters it, and how; no more.

`postgresql://USER:PASSWORD@HOST:PORT/NAME`, `mysql://...` or `mariadb://...`; what is special in
a password is written as %XX. After `?` may follow `sslmode` (disable, prefer, require or
verify-full) and `sslrootcert`, a file of certificates.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from headwater.errors import UsageError
from headwater.stores.sql.server import Address
from headwater.stores.sql.sockets import TLS_MODES

SCHEMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
PORTS = {"postgresql": 5432, "mysql": 3306}
WRITE = "write postgresql://USER:PASSWORD@HOST:PORT/NAME or mysql://USER:PASSWORD@HOST:PORT/NAME"


def is_server_url(url: str) -> bool:
    """Tell whether a URL names a database server."""
    return url.partition("://")[0] in SCHEMES and "://" in url


def read_address(url: str) -> Address:
    """Read a URL.

    Raises:
        UsageError: `database.bad_url`; its message has no password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad(url.partition(":")[0], "its host or port cannot be read") from None
    scheme = SCHEMES[parts.scheme]
    name = unquote(parts.path.removeprefix("/"))
    lacking = [
        what
        for what, value in (
            ("a user", parts.username),
            ("a host", parts.hostname),
            ("a name", name),
        )
        if not value
    ]
    if lacking or "/" in name:
        raise _bad(scheme, f"it lacks {' and '.join(lacking)}" if lacking else "its name has a /")
    options = _options(scheme, parts)
    return Address(
        scheme=scheme,
        host=parts.hostname or "",
        port=port or PORTS[scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        name=name,
        tls=options.get("sslmode", "prefer"),
        tls_roots=options.get("sslrootcert"),
    )


def _options(scheme: str, parts: SplitResult) -> dict[str, str]:
    if parts.fragment:
        raise _bad(scheme, "it has a #; write %23 where the password has one")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options:
        if name not in {"sslmode", "sslrootcert"}:
            raise _bad(scheme, f"there is no option {name!r}; options are sslmode and sslrootcert")
    mode = options.get("sslmode", "prefer")
    if mode not in TLS_MODES:
        raise _bad(scheme, f"there is no sslmode {mode!r}; write one of {', '.join(TLS_MODES)}")
    if "sslrootcert" in options and mode != "verify-full":
        raise _bad(scheme, "sslrootcert needs sslmode=verify-full")
    return options


def _bad(scheme: str, why: str) -> UsageError:
    return UsageError(f"database {scheme}://...: {why}; {WRITE}", code="database.bad_url")
