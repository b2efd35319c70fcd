"""Whose credential it is, and who may make one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from patience import GUARD_S

from headwater import AsyncHeadwater, Headwater
from headwater.app.api_keys import LETTERS, id_in, make_key
from headwater.app.claims import ClaimNames
from headwater.app.identities import KEEP_S, MOST, RENEW_S, Identities
from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError
from headwater.model.access import ApiKey
from headwater.model.principal import Principal
from headwater.stores.memory.keys import MemoryKeys
from headwater.testing import jumping_clock

on_a_jumping_clock = pytest.mark.parametrize("anyio_backend", [jumping_clock()], ids=["jumping"])
ACME = Principal("acme", "ann", ("admin",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def hw() -> AsyncIterator[AsyncHeadwater]:
    with anyio.fail_after(GUARD_S):
        async with AsyncHeadwater.open("memory:") as opened:
            yield opened


async def refused(hw: AsyncHeadwater, credential: object) -> str:
    with pytest.raises(UsageError) as error:
        await hw.access.identify(credential)  # type: ignore[arg-type]
    assert error.value.code == "access.unauthenticated"
    return error.value.message


async def test_a_key_names_its_tenant_its_role_and_itself(hw: AsyncHeadwater) -> None:
    named = await hw.access.create_key(role="operator", tenant="acme", name="ci")
    plain = await hw.access.create_key(role="reader")
    assert await hw.access.identify(named.key) == Principal("acme", "ci", ("operator",))
    assert await hw.access.identify(plain.key) == Principal("default", plain.id, ("reader",))
    assert named.key.startswith(f"hw_{named.id}_")


async def test_a_key_is_not_kept_and_cannot_be_listed(hw: AsyncHeadwater) -> None:
    made = await hw.access.create_key(role="reader")
    assert made.key not in repr(await hw.access.keys())
    assert made.key.rsplit("_", 1)[1] not in repr(vars(hw._parts.stores.keys))


async def test_every_wrong_key_gets_the_same_words(hw: AsyncHeadwater) -> None:
    made = await hw.access.create_key(role="reader")
    other = await hw.access.create_key(role="admin")
    gone = await hw.access.create_key(role="reader")
    await hw.access.revoke_key(gone.id)
    _, unknown = make_key()
    swapped = f"hw_{other.id}_{made.key.rsplit('_', 1)[1]}"
    wrong = [None, "", "hw_", made.key[:-1], made.key + "x", made.key.upper(), gone.key, unknown,
             swapped, f"Bearer {made.key}", "é" * 9, "x" * 100_000, 7, b"hw_"]  # fmt: skip
    assert len({await refused(hw, one) for one in wrong}) == 1


@pytest.mark.parametrize("place", range(3, 65))
def test_a_key_with_one_letter_changed_is_refused_by_its_checksum(place: int) -> None:
    key_id, key = make_key()
    assert id_in(key) == key_id
    other = LETTERS[(LETTERS.index(key[place]) + 1) % 62] if key[place] != "_" else "x"
    assert id_in(key[:place] + other + key[place + 1 :]) is None


async def test_a_key_revoked_here_is_out_at_once(hw: AsyncHeadwater) -> None:
    made = await hw.access.create_key(role="reader")
    await hw.access.identify(made.key)
    revoked = await hw.access.revoke_key(made.id)
    await refused(hw, made.key)
    assert await hw.access.revoke_key(made.id) == revoked


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("key.bad_role", {"role": "root"}),
        ("key.bad_role", {"role": ""}),
        ("key.bad_name", {"role": "reader", "name": "x" * 201}),
        ("key.bad_name", {"role": "reader", "name": "a\nb"}),
        ("key.bad_name", {"role": "reader", "name": "\x1b[31m"}),
        ("key.bad_expiry", {"role": "reader", "expires_at": datetime(2001, 1, 1, tzinfo=UTC)}),
        ("key.bad_expiry", {"role": "reader", "expires_at": datetime(2099, 1, 1)}),  # noqa: DTZ001
        ("tenant.bad_name", {"role": "reader", "tenant": "x" * 65}),
        ("tenant.bad_name", {"role": "reader", "tenant": "\x00"}),
    ],
)
async def test_a_key_that_cannot_be_is_refused(
    hw: AsyncHeadwater, code: str, given: dict[str, object]
) -> None:
    with pytest.raises(UsageError) as error:
        await hw.access.create_key(**given)  # type: ignore[arg-type]
    assert error.value.code == code
    assert await hw.access.keys() == []


async def test_an_admin_of_one_tenant_reaches_that_one_alone(hw: AsyncHeadwater) -> None:
    theirs = await hw.access.create_key(role="reader")
    await hw.access.create_tenant("acme")
    mine = await hw.access.create_key(role="reader", principal=ACME)
    assert mine.tenant == "acme"
    assert [key.id for key in await hw.access.keys(principal=ACME)] == [mine.id]
    assert {key.id for key in await hw.access.keys()} == {mine.id, theirs.id}
    for code, attempt in [
        ("key.unknown", hw.access.revoke_key(theirs.id, principal=ACME)),
        ("tenant.unknown", hw.access.keys(tenant="default", principal=ACME)),
        ("tenant.unknown", hw.access.create_key(role="reader", tenant="other", principal=ACME)),
        ("access.denied", hw.access.create_tenant("other", principal=ACME)),
        ("access.denied", hw.access.tenants(principal=ACME)),
    ]:
        with pytest.raises(UsageError) as error:
            await attempt
        assert error.value.code == code
    await hw.access.identify(theirs.key)


@pytest.mark.parametrize("tenant", ["default", "acme"])
@pytest.mark.parametrize(
    "roles", [(), ("reader",), ("operator",), ("root",), ("reader", "operator")]
)
async def test_who_is_no_admin_manages_nothing(
    hw: AsyncHeadwater, tenant: str, roles: tuple[str, ...]
) -> None:
    who = Principal(tenant, "eve", roles)
    for attempt in (
        hw.access.create_key(role="reader", principal=who),
        hw.access.keys(principal=who),
        hw.access.revoke_key("x", principal=who),
        hw.access.create_tenant("new", principal=who),
        hw.access.tenants(principal=who),
    ):
        with pytest.raises(UsageError) as error:
            await attempt
        assert error.value.code == "access.denied"
    assert await hw.access.keys() == []


async def test_tenants_are_made_once(hw: AsyncHeadwater) -> None:
    await hw.access.create_tenant("acme")
    with pytest.raises(UsageError) as error:
        await hw.access.create_tenant("acme")
    assert error.value.code == "tenant.exists"
    assert [one.name for one in await hw.access.tenants()] == ["acme", "default"]


async def test_a_key_of_a_tenant_that_nobody_made_needs_an_admin_of_the_installation(
    hw: AsyncHeadwater,
) -> None:
    with pytest.raises(UsageError) as error:
        await hw.access.create_key(role="reader", principal=ACME)
    assert error.value.code == "tenant.unknown"


class Keys(MemoryKeys):
    """Keys that count how often they are looked up, and that may be away or slow."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0
        self.away: Exception | None = None
        self.gate = anyio.Event()
        self.gate.set()

    async def by_digest(self, digest: bytes) -> ApiKey | None:
        self.looks += 1
        await self.gate.wait()
        if self.away is not None:
            raise self.away
        return await super().by_digest(digest)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def identities(keys: Keys) -> Identities:
    return Identities(keys, None, secret=b"", names=ClaimNames())


async def kept(keys: Keys, identities: Identities, expires_at: datetime | None = None) -> str:
    key_id, key = make_key()
    known = ApiKey(
        id=key_id,
        tenant="default",
        name="",
        role="reader",
        created_at=datetime.now(UTC),
        expires_at=expires_at,
    )
    await keys.add(known, digest=identities.digest(key))
    return key


@on_a_jumping_clock
async def test_an_identity_is_looked_up_once_in_a_while(keys: Keys, identities: Identities) -> None:
    key = await kept(keys, identities)
    _, unknown = make_key()
    for _ in range(50):
        await identities.identify(key)
        with pytest.raises(UsageError):
            await identities.identify(unknown)
    assert keys.looks == 2
    await anyio.sleep(KEEP_S - 0.01)
    await identities.identify(key)
    assert keys.looks == 2
    await anyio.sleep(0.01)
    await identities.identify(key)
    assert keys.looks == 3


@on_a_jumping_clock
async def test_a_key_revoked_elsewhere_is_out_within_a_second(
    keys: Keys, identities: Identities
) -> None:
    key = await kept(keys, identities)
    elsewhere = Identities(keys, None, secret=b"", names=ClaimNames())
    await elsewhere.identify(key)
    await keys.revoke(key[3:15], tenant=None, at=datetime.now(UTC))
    await elsewhere.identify(key)
    await anyio.sleep(1.0)
    with pytest.raises(UsageError):
        await elsewhere.identify(key)


async def test_a_key_that_has_ended_is_refused_however_well_it_is_remembered(
    keys: Keys, identities: Identities
) -> None:
    ended = await kept(keys, identities, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    lasting = await kept(keys, identities, expires_at=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(2):
        with pytest.raises(UsageError):
            await identities.identify(ended)
        await identities.identify(lasting)
    assert keys.looks == 2


async def test_a_malformed_key_is_refused_without_a_look(
    keys: Keys, identities: Identities
) -> None:
    key = await kept(keys, identities)
    for wrong in (key[:-1], key + "0", key.swapcase(), "hw_" + "a" * 300):
        with pytest.raises(UsageError):
            await identities.identify(wrong)
    assert keys.looks == 0


async def test_many_with_one_key_share_one_look(keys: Keys, identities: Identities) -> None:
    key = await kept(keys, identities)
    keys.gate = anyio.Event()
    found: list[Principal] = []

    async def ask() -> None:
        found.append(await identities.identify(key))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            keys.gate.set()
    assert (len(found), keys.looks) == (100, 1)


async def test_whoever_waits_looks_again_where_the_first_gave_up(
    keys: Keys, identities: Identities
) -> None:
    key = await kept(keys, identities)
    keys.gate = anyio.Event()
    found: list[Principal] = []

    async def ask() -> None:
        found.append(await identities.identify(key))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group, anyio.create_task_group() as first:
            first.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            first.cancel_scope.cancel()
            keys.gate.set()
    assert (len(found), keys.looks) == (1, 2)


@pytest.mark.parametrize(
    "away",
    [
        StoreFault("gone", code="store.failed", retry_safe=True),
        LimitError("full", code="store.overloaded", retry_safe=True),
    ],
)
async def test_a_database_that_is_away_is_no_wrong_key(
    keys: Keys, identities: Identities, away: HeadwaterError
) -> None:
    key = await kept(keys, identities)
    keys.away = away
    keys.gate = anyio.Event()
    codes: list[str] = []

    async def ask() -> None:
        with pytest.raises(type(away)) as error:
            await identities.identify(key)
        codes.append(error.value.code)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            keys.gate.set()
    assert codes == [away.code] * 3
    keys.away = None
    assert (await identities.identify(key)).tenant == "default"


@on_a_jumping_clock
async def test_a_database_that_hangs_is_no_wrong_key(keys: Keys, identities: Identities) -> None:
    key = await kept(keys, identities)
    keys.gate = anyio.Event()
    with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as error:
        await identities.identify(key)
    assert error.value.code == "access.unavailable"
    assert error.value.retry_safe


async def test_refusals_that_flood_in_displace_no_identity(
    keys: Keys, identities: Identities
) -> None:
    key = await kept(keys, identities)
    await identities.identify(key)
    for number in range(MOST + 10):
        digest = number.to_bytes(32)
        identities._refused.put(digest, identities._refused.get(b"", now_s=0), until_s=9e9)  # type: ignore[arg-type]
    assert len(identities._refused) == MOST
    await identities.identify(key)
    assert keys.looks == 1


@on_a_jumping_clock
async def test_who_keeps_asking_is_looked_for_anew_and_waits_for_no_look(
    keys: Keys, identities: Identities
) -> None:
    key = await kept(keys, identities)
    await identities.identify(key)
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(identities.work)
            for looks in range(2, 6):
                await anyio.sleep(RENEW_S + 0.01)
                keys.gate = anyio.Event()
                with anyio.fail_after(0.0):  # nothing is waited for
                    await identities.identify(key)
                    await identities.identify(key)
                await anyio.wait_all_tasks_blocked()
                assert keys.looks == looks, "one look serves all who ask meanwhile"
                keys.gate.set()
                await anyio.sleep(0.01)
            await anyio.sleep(10 * KEEP_S)
            assert keys.looks == 5, "nobody is looked for who does not ask"
            group.cancel_scope.cancel()


@on_a_jumping_clock
async def test_a_key_found_revoked_by_a_look_ahead_is_out_at_once(
    keys: Keys, identities: Identities
) -> None:
    key = await kept(keys, identities)
    await identities.identify(key)
    await keys.revoke(key[3:15], tenant=None, at=datetime.now(UTC))
    await anyio.sleep(RENEW_S + 0.01)
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(identities.work)
            await identities.identify(key)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(UsageError):
                await identities.identify(key)
            group.cancel_scope.cancel()


@on_a_jumping_clock
@pytest.mark.parametrize("fault", [StoreFault("gone", code="store.failed"), ValueError("a bug")])
async def test_a_look_ahead_that_fails_ends_nobody_before_his_time(
    keys: Keys, identities: Identities, fault: Exception
) -> None:
    key = await kept(keys, identities)
    await identities.identify(key)
    keys.away = fault
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(identities.work)
            await anyio.sleep(RENEW_S + 0.01)
            await identities.identify(key)
            await anyio.wait_all_tasks_blocked()
            await identities.identify(key)
            await anyio.sleep(KEEP_S - RENEW_S)
            with pytest.raises(type(fault)):
                await identities.identify(key)
            keys.away = None
            assert (await identities.identify(key)).tenant == "default"
            group.cancel_scope.cancel()


async def test_a_key_of_another_secret_is_unknown(keys: Keys, identities: Identities) -> None:
    key = await kept(keys, identities)
    other = Identities(keys, None, secret=b"x" * 32, names=ClaimNames())
    with pytest.raises(UsageError):
        await other.identify(key)


def test_the_blocking_client_has_the_same_methods() -> None:
    with Headwater.open("memory:") as hw:
        made = hw.access.create_key(role="reader", name="x")
        assert hw.access.identify(made.key).name == "x"
        assert hw.access.revoke_key(made.id).revoked_at is not None
        (listed,) = hw.access.keys()
        assert listed.id == made.id
        assert hw.access.create_tenant("acme").name == "acme"
        with pytest.raises(AttributeError, match="no method 'nonsense'"):
            _ = hw.access.nonsense
        assert set(dir(hw.access)) == {
            "create_key", "create_tenant", "identify", "keys", "revoke_key", "tenants",
            "until_ended",
        }  # fmt: skip
