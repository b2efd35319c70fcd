"""Who a credential belongs to, remembered for less than a second; it makes no credential.

Next: `ports/keys.py`
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NoReturn

import anyio

from headwater.app.api_keys import PREFIX, digest_of, id_in
from headwater.app.claims import ClaimNames, principal_of
from headwater.app.failed_keys import FailedKeys
from headwater.app.revocations import Revocations
from headwater.engine.doorway import Doorway
from headwater.errors import DeadlineExceeded, HeadwaterError, StoreFault, UsageError
from headwater.model.principal import DEFAULT_TENANT, Principal
from headwater.policy.remembered import Remembered
from headwater.ports.keys import Keys
from headwater.ports.tokens import Tokens

LOG = logging.getLogger(__name__)
KEEP_S = 0.9
"""How long an answer holds, from the moment it was looked for: a revoked key is out in a second."""
RENEW_S = 0.5
"""From which age on it is looked for anew when somebody asks, who goes by the old one meanwhile: to
wait for each new look was what the slowest hundredth of a busy key's requests did."""
LOOK_S = 2.0
MOST = 10_000
"""Identities remembered, and as many refusals."""
MOST_CHARS = 8192


@dataclass(frozen=True, slots=True)
class Known:
    """What was found for a credential: who it is, or why it is nobody; and when that ends.

    `renew_s` is when to look anew, on the clock of the loop.
    """

    principal: Principal | None = None
    why: str = ""
    ends_at: datetime | None = None
    renew_s: float = math.inf


Look = Callable[[], Awaitable[Known]]


@dataclass(slots=True)
class _Look:
    """A look-up under way, which everyone with the same credential waits for."""

    began_s: float
    ended: anyio.Event = field(default_factory=anyio.Event)
    known: Known | None = None
    error: HeadwaterError | None = None


class Identities:
    """Tells who a credential belongs to.

    Args:
        keys: Where keys and tenants are.
        tokens: What checks tokens, or None where none are taken.
        secret: Keys the digest of API keys; empty for none of this installation's own.
        names: What the claims of a token are called.
        failures: Bounds how often somebody may fail; nothing where it is None.
    """

    def __init__(
        self,
        keys: Keys,
        tokens: Tokens | None,
        *,
        secret: bytes,
        names: ClaimNames,
        failures: FailedKeys | None = None,
    ) -> None:
        self._keys = keys
        self._tokens = tokens
        self._secret = secret
        self._names = names
        self._failures = failures
        self._accepted = Remembered[Known](MOST)
        self._refused = Remembered[Known](MOST)
        self._looks: dict[bytes, _Look] = {}
        self._due: dict[bytes, Look] = {}
        """How to look anew for those who keep asking, by the digest of their credential."""
        self._somebody = anyio.Event()
        self._doorway = Doorway()
        """Through which those go on who waited for a look."""
        self.revocations = Revocations(keys, self.forget)

    def digest(self, key: str) -> bytes:
        """Return what a key is kept by."""
        return digest_of(key, self._secret)

    def forget(self) -> None:
        """Forget everyone at once, as where a key was revoked."""
        self._accepted.clear()
        self._refused.clear()

    async def work(self) -> None:
        """Look anew for those who keep asking before they are forgotten, until cancelled."""
        while True:
            if not self._due:
                self._somebody = anyio.Event()
                await self._somebody.wait()
            name = next(iter(self._due))
            look = self._due.pop(name)
            known = self._recall(name)
            if known is not None and self._is_due(known) and name not in self._looks:
                await self._look_anew(name, look)

    async def until_ended(self, credential: str | None) -> NoReturn:
        """Wait until a credential in force no longer is: within a second of that.

        Raises:
            UsageError: `access.unauthenticated`, then.
            StoreFault: `access.unavailable` where nobody can tell now, or the database's own.
        """
        known = await self._known(credential)
        ends_at = known.ends_at
        left_s = math.inf if ends_at is None else (ends_at - datetime.now(UTC)).total_seconds()
        with anyio.move_on_after(left_s):
            key_id = id_in(credential or "")
            await (anyio.sleep_forever() if key_id is None else self.revocations.of(key_id))
        raise _refusal("it was revoked, or has expired, while a line was open")

    async def identify(self, credential: str | None, *, address: str = "") -> Principal:
        """Return whose credential it is: an API key, or a token where those are taken.

        Raises:
            LimitError: `limit.failed_keys`, where too many of this address were nobody's.
            UsageError: `access.unauthenticated`, the same words whatever is wrong with it.
            StoreFault: `access.unavailable` where nobody can tell now, or the database's own.
        """
        try:
            known = await self._known(credential, address=address)
        except UsageError:
            if self._failures is not None and credential:
                await self._failures.failed(address)
            raise
        assert known.principal is not None  # noqa: S101  (else it was refused)
        return known.principal

    async def _known(self, credential: str | None, *, address: str = "") -> Known:
        """Return what is known of a credential that is in force."""
        if not isinstance(credential, str) or not credential:
            raise _refusal("there is none")
        if len(credential) > MOST_CHARS or not credential.isascii():
            raise _refusal("it is too long, or not ASCII")
        name = hashlib.sha256(credential.encode()).digest()
        known = self._recall(name)
        if known is not None and self._is_due(known):
            self._renew(credential, name)
        if known is None:
            if self._failures is not None:
                self._failures.check(address, name)
            known = await self._find(credential, name)
        if known.principal is None:
            raise _refusal(known.why)
        if known.ends_at is not None and known.ends_at <= datetime.now(UTC):
            raise _refusal("it has expired")
        return known

    async def _find(self, credential: str, name: bytes) -> Known:
        """Return what is known of a credential by now, looked for where it is not."""
        found = self._looker(credential)
        return found if isinstance(found, Known) else await self._remembered(name, found)

    def _is_due(self, known: Known) -> bool:
        return anyio.current_time() >= known.renew_s

    async def _look_anew(self, name: bytes, look: Look) -> None:
        """Look while what is known holds; who asks when it no longer does is told what fails."""
        try:
            await self._look(name, look)
        except HeadwaterError as error:
            LOG.info("a credential could not be looked for anew: %s", error)
        except Exception:  # one credential must not end the others' renewal, and the app
            LOG.exception("a credential could not be looked for anew")

    def _renew(self, credential: str, name: bytes) -> None:
        """Have a credential looked for anew, while what is known of it is gone by."""
        if name in self._due or name in self._looks:
            return
        look = self._looker(credential)
        if not isinstance(look, Known):
            self._due[name] = look
            self._somebody.set()

    def _looker(self, credential: str) -> Look | Known:
        """Return how to look for a credential, or what it is without a look."""
        if credential.startswith(PREFIX):
            return self._look_for_key(credential)
        if self._tokens is not None:
            return self._look_for_token(credential, self._tokens)
        return Known(why="no token is taken here")

    def _look_for_key(self, key: str) -> Look | Known:
        key_id = id_in(key)
        if key_id is None:
            return Known(why="its checksum is wrong")

        async def look() -> Known:
            found = await self._keys.by_digest(self.digest(key))
            if found is None or not hmac.compare_digest(found.id, key_id):
                return Known(why=f"there is no key {key_id}, or its secret is another")
            if found.revoked_at is not None:
                return Known(why=f"key {key_id} was revoked")
            principal = Principal(found.tenant, found.name or found.id, (found.role,))
            return Known(principal, ends_at=found.expires_at)

        return look

    def _look_for_token(self, token: str, tokens: Tokens) -> Look:
        async def look() -> Known:
            try:
                claims = await tokens.claims(token)
                principal, ends_at = principal_of(claims, self._names)
            except UsageError as error:
                return Known(why=error.message)
            if not await self._is_tenant(principal.tenant):
                return Known(why=f"there is no tenant {principal.tenant!a}")
            return Known(principal, ends_at=ends_at)

        return look

    async def _is_tenant(self, name: str) -> bool:
        if name == DEFAULT_TENANT:
            return True
        return any(tenant.name == name for tenant in await self._keys.tenants())

    def _recall(self, name: bytes) -> Known | None:
        """Return what is remembered of a credential, called by its digest."""
        now_s = anyio.current_time()
        return self._accepted.get(name, now_s=now_s) or self._refused.get(name, now_s=now_s)

    async def _remembered(self, name: bytes, look: Look) -> Known:
        """Return what is known, or look once for everyone who asks for the same now."""
        while (known := self._recall(name)) is None:
            under_way = self._looks.get(name)
            if under_way is None:
                return await self._look(name, look)
            await under_way.ended.wait()
            await self._doorway.enter()
            if under_way.error is not None:
                raise _again(under_way.error)
            if under_way.known is not None and anyio.current_time() < under_way.began_s + KEEP_S:
                return under_way.known
        return known

    async def _look(self, name: bytes, look: Look) -> Known:
        mine = self._looks[name] = _Look(anyio.current_time())
        try:
            with anyio.move_on_after(LOOK_S):
                mine.known = await look()
            if mine.known is None:
                raise _unavailable()
            self._keep(name, mine.known, began_s=mine.began_s)
        except DeadlineExceeded as error:
            mine.error = _unavailable()
            raise mine.error from error
        except HeadwaterError as error:
            mine.error = error
            raise
        else:
            return mine.known
        finally:
            del self._looks[name]
            mine.ended.set()

    def _keep(self, name: bytes, known: Known, *, began_s: float) -> None:
        """Remember what was found by a look that began then, and nothing else of it."""
        until_s = began_s + KEEP_S
        if known.principal is None:
            self._accepted.drop(name)
            self._refused.put(name, known, until_s=until_s)
            return
        if self._failures is not None:
            self._failures.succeeded(name)
        self._accepted.put(name, replace(known, renew_s=began_s + RENEW_S), until_s=until_s)


def _refusal(why: str) -> UsageError:
    LOG.info("a credential was refused: %s", why)
    message = (
        "there is no valid credential; send `Authorization: Bearer KEY` with a key in force, "
        "as `headwater keys create` makes one"
    )
    return UsageError(message, code="access.unauthenticated")


def _unavailable() -> StoreFault:
    message = f"whose credential it is could not be found out within {LOOK_S:g} s; try again"
    return StoreFault(message, code="access.unavailable", retry_safe=True, retry_after_s=1.0)


def _again(error: HeadwaterError) -> HeadwaterError:
    """Return an error like one that someone else got: each has its own traceback."""
    return type(error)(
        error.message,
        code=error.code,
        retry_safe=error.retry_safe,
        retry_after_s=error.retry_after_s,
    )
