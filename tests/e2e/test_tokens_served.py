"""Tokens of an identity provider at a served address: its keys change, it is slow, it is away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import anyio
import httpx2
import pytest
from faults.breaking import until
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from patience import GUARD_S, PROMPT_S
from serving import Server, served
from unit.services.forged import forged_by_public_keys, forged_by_secret
from unit.services.issuers import AUDIENCE, ISSUER, Provider, ec_key, jwk, provider, rsa_key, token


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Provider]:
    with provider() as one:
        one.keys = [jwk(rsa_key(), "r1"), jwk(ec_key(), "e1")]
        yield one


def settings(issuer: Provider) -> dict[str, Any]:
    return {
        "HEADWATER_JWT_JWKS_URL": issuer.url,
        "HEADWATER_JWT_ISSUER": ISSUER,
        "HEADWATER_JWT_AUDIENCE": AUDIENCE,
        "HEADWATER_FAILED_KEYS": 0,
    }


@pytest.fixture(scope="module")
def server(issuer: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("tokens"), env=settings(issuer)) as one:
        yield one


@asynccontextmanager
async def client_of(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.address) as client:
        yield client


async def status_of(client: aiohttp.ClientSession, credential: str) -> int:
    """Return the status that a credential gets."""
    headers = {"Authorization": f"Bearer {credential}"}
    async with client.get("/v1/tools", headers=headers) as reply:
        await reply.read()
        return reply.status


def good(kid: str = "r1", key: Any = None, **more: Any) -> str:
    """Return a token of the provider's."""
    ec = kid.startswith("e")
    return token(key or (ec_key() if ec else rsa_key()), "ES256" if ec else "RS256",
                 {"kid": kid}, **more)  # fmt: skip


@pytest.mark.parametrize("kid", ["r1", "e1"])
async def test_a_token_lets_in_at_every_entry(server: Server, kid: str) -> None:
    headers = {"Authorization": f"Bearer {good(kid, sub=kid)}"}
    with anyio.fail_after(GUARD_S):
        async with client_of(server) as client:
            assert await status_of(client, good(kid)) == 200
            async with client.ws_connect("/v1/live") as line:
                await line.send_json({"key": good(kid, sub="wendy")})
                welcome = await line.receive_json()
                assert (welcome["type"], welcome["principal"]) == ("welcome", "wendy")
        async with (
            httpx2.AsyncClient(headers=headers, timeout=GUARD_S) as http,
            Client(streamable_http_client(f"{server.address}/mcp", http_client=http)) as agent,
        ):
            found: Any = (await agent.call_tool("ci_search", {})).structured_content
            assert found["value"]["total"] == 2


async def test_every_forged_token_is_401_and_nothing_tells_them_apart(server: Server) -> None:
    forged = {**forged_by_secret(), **forged_by_public_keys()}
    sendable = {
        name: one for name, one in forged.items() if one.isprintable() and one == one.strip()
    }
    assert len(sendable) >= 80
    seen = set()
    with anyio.fail_after(GUARD_S):
        async with client_of(server) as client:
            assert await status_of(client, good()) == 200
            for name, one in sendable.items():
                headers = {"Authorization": f"Bearer {one}"}
                async with client.get("/v1/tools", headers=headers) as reply:
                    assert reply.status == 401, name
                    seen.add(await reply.read())
                async with client.post("/mcp", headers=headers, json={}) as reply:
                    assert reply.status == 401, name
    assert len(seen) == 1


async def test_keys_that_are_kept_do_and_new_ones_are_found(
    server: Server, issuer: Provider
) -> None:
    async def prompt(client: aiohttp.ClientSession, credential: str) -> int:
        with anyio.fail_after(PROMPT_S):
            return await status_of(client, credential)

    with anyio.fail_after(GUARD_S):
        async with client_of(server) as client:
            assert await status_of(client, good()) == 200
            asked = issuer.asked
            unknown = {await status_of(client, good(f"u{n}", rsa_key())) for n in range(30)}
            assert unknown == {401}
            assert issuer.asked <= asked + 2, "unknown names make nobody ask again and again"
            issuer.status = 500
            assert await prompt(client, good(sub="while it fails")) == 200
            issuer.status = 200
            issuer.held.clear()
            assert await prompt(client, good(sub="while it hangs")) == 200
            issuer.keys = [jwk(rsa_key("rotated"), "r2")]
            issuer.held.set()

            async def taken() -> bool:
                return await status_of(client, good("r2", rsa_key("rotated"))) == 200

            assert await until(taken, every_s=0.2)
            with anyio.fail_after(GUARD_S):
                while await status_of(client, good(sub="of a key withdrawn")) != 401:
                    pass
            issuer.keys = [jwk(rsa_key(), "r1"), jwk(ec_key(), "e1")]


@pytest.mark.slow
async def test_a_provider_that_is_away_from_the_start_is_no_wrong_token(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with provider() as away:
        away.held.clear()
        folder = tmp_path_factory.mktemp("away")
        server = await anyio.to_thread.run_sync(lambda: served(folder, env=settings(away)))
        one = await anyio.to_thread.run_sync(server.__enter__)
        try:
            with anyio.fail_after(GUARD_S):
                async with client_of(one) as client:
                    while (await client.get("/readyz")).status != 200:
                        pass
                    with anyio.fail_after(PROMPT_S):
                        assert await status_of(client, good()) == 503
                    away.keys = [jwk(rsa_key(), "r1")]
                    away.held.set()

                    async def taken() -> bool:
                        return await status_of(client, good()) == 200

                    assert await until(taken, every_s=0.1)
        finally:
            await anyio.to_thread.run_sync(server.__exit__, None, None, None)
