"""A jump through a port always lands on the same name, and the principal goes along."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from house import (
    PACKAGE,
    ROOT,
    SOURCES,
    everywhere,
    functions_in,
    module_of,
    short,
    text_of,
    tree_of,
)

PORTS = [path.stem for path in sorted((PACKAGE / "ports").glob("[a-z]*.py"))]
ONE_ADAPTER = {
    "courier": "there is one safe way to call a stranger's URL",
    "outbox": "notices are kept where jobs are, by the same engine",
    "gauged": "whatever has numbers has them on itself",
    "jobs": "jobs are kept by one engine, on two databases",
    "probed": "whatever is reached has it on itself",
    "loop_lag": "a loop is watched in one way; where it is not, there is none",
    "llm": "a model is asked in one way; where none is set, there is none",
    "schedules": "schedules are kept where jobs are, by the same engine",
    "rooms": "rooms are told by whichever hub there is",
    "code_host": "a source stands behind it; a test has a stand-in of GitHub itself",
    "code_access": "as code_host, by the same source",
    "sealer": "secrets are sealed in one way; without a key none is kept",
    "tokens": "a token is checked in one way; where none is taken, there is none",
    "telemetry": "calls are tallied in one way; where nobody looks, there is none",
}
"""Ports that are not stored behind, and why one adapter is enough."""
NO_PRINCIPAL = {
    "activities.due": "each carries its tenant; whoever makes notices serves all",
    "activities.settled": "by ids that no other tenant's have",
    "courier.check_url": "what a URL may be holds for everyone",
    "courier.deliver": "whose webhook it is was asked when its secrets were read",
    "mailer.send": "whose letter it is was asked when it was written",
    "mailer.check": "a matter of the process",
    "outbox.sendings": "a sending carries its principal",
    "gauged.gauges": "numbers of the process, none of a tenant's",
    "hub.publish": "the channel carries the tenant",
    "hub.listen": "the channel carries the tenant",
    "hub.heard": "the channel carries the tenant",
    "jobs.claims": "a claim carries its principal",
    "jobs.keep": "the job's id is nobody else's, and the job carries its principal",
    "jobs.kept": "a place by the id of a job that carries its principal",
    "jobs.drop": "a place by the id of a job that carries its principal",
    "jobs.prune": "age holds for every tenant alike",
    "keys.add": "a key says itself whose it is",
    "keys.by_digest": "it is looked up to learn who asks",
    "keys.of_tenant": "the app has checked that an admin asks",
    "keys.revoke": "the app has checked that an admin asks",
    "keys.revoked": "ids alone, for lines that somebody opened by them",
    "keys.add_tenant": "the app has checked that an admin asks",
    "keys.tenants": "the app has checked that an admin asks",
    "loop_lag.watch": "a matter of the process",
    "loop_lag.gauges": "a matter of the process",
    "probed.check": "a matter of the process",
    "rates.take": "the key carries the tenant and the principal",
    "rooms.work": "a matter of the process",
    "schedules.add": "a task carries its principal",
    "code_access.login_of": "a token is asked for before it is anybody's",
    "code_access.make_verifier": "it is drawn, and nobody's yet",
    "code_access.login_url": "the state names who began the login",
    "code_access.grant_for": "the state names who began the login",
    "code_access.is_signed": "a webhook's secret says whose it is",
    "repositories.by_hook": "it is looked up to learn whose a webhook is",
    "repositories.due": "links of every tenant are looked after",
    "repositories.claim": "what was due says whose it is",
    "repositories.settle": "what was claimed says whose it is",
    "sealer.seal": "what a secret belongs to is sealed with it",
    "sealer.open": "what a secret belongs to is sealed with it",
    "sealer.is_current": "keys are the installation's",
    "tokens.claims": "they are read to learn who asks",
    "telemetry.called": "numbers of the process, none of a tenant's",
    "telemetry.ran": "the run carries its tenant",
    "telemetry.worked": "numbers of the process, none of a tenant's",
    "telemetry.render": "numbers of the process, none of a tenant's",
    "telemetry.close": "a matter of the process",
    "cache.get": "the key carries the tenant and the principal's scope",
    "cache.put": "the key carries the tenant and the principal's scope",
    "run_log.write": "each row carries its tenant; rows of several are written in one go",
    "run_log.prune": "age and count hold for every tenant alike",
}
"""Methods that serve all tenants at once, and why that is safe."""


@everywhere(PORTS)
def test_a_port_shares_its_name_with_its_adapters_and_their_contract(port: str) -> None:
    adapters = sorted((PACKAGE / "stores").glob(f"*/{port}.py"))
    if port in ONE_ADAPTER:
        assert not adapters, f"take {port} off the list, stores stand behind it"
        return
    adapters += sorted((PACKAGE / "services").glob(f"{port}.py"))
    adapters += sorted((PACKAGE / "services" / port).glob("[a-z]*.py"))
    assert len(adapters) >= 2, "a port with one adapter is a guess"
    assert (ROOT / f"tests/contract/test_{port}.py").exists()


def protocol_of(port: str) -> type:
    """Return the Protocol that a port's file is about: the last one it defines."""
    module = importlib.import_module(f"headwater.ports.{port}")
    return classes_in(module)[-1]


def classes_in(module: ModuleType) -> list[type]:
    """Return the public classes that a module defines itself, in their order."""
    return [
        one
        for name, one in vars(module).items()
        if inspect.isclass(one) and one.__module__ == module.__name__ and not name.startswith("_")
    ]


def methods_of(kind: type) -> dict[str, Any]:
    """Return the public methods that a class defines itself."""
    return {
        name: one
        for name, one in vars(kind).items()
        if inspect.isfunction(one) and not name.startswith("_")
    }


def adapters_of(port: str) -> Iterator[type]:
    """Give the classes behind a port: in each store the one with all of its methods."""
    wanted = set(methods_of(protocol_of(port)))
    for path in sorted((PACKAGE / "services" / port).glob("[a-z]*.py")):
        module = importlib.import_module(module_of(path))
        yield from (one for one in classes_in(module) if wanted <= set(methods_of(one)))
    for path in sorted((PACKAGE / "stores").glob(f"*/{port}.py")):
        module = importlib.import_module(module_of(path))
        found = [one for one in classes_in(module) if wanted <= set(methods_of(one))]
        assert len(found) == 1, f"{short(path)} has {len(found)} classes with all of {wanted}"
        yield found[0]


@everywhere(PORTS)
def test_adapters_take_what_the_port_says(port: str) -> None:
    for adapter in adapters_of(port):
        for name, method in methods_of(protocol_of(port)).items():
            assert taken(methods_of(adapter)[name]) == taken(method), f"{adapter.__name__}.{name}"


def taken(method: Any) -> list[tuple[str, Any, Any]]:
    """Return what a method takes: names, kinds and defaults."""
    return [
        (one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()
    ]


@everywhere(PORTS)
def test_every_method_of_a_port_takes_the_principal(port: str) -> None:
    for name, method in methods_of(protocol_of(port)).items():
        found = inspect.signature(method).parameters.get("principal")
        if f"{port}.{name}" in NO_PRINCIPAL:
            assert found is None, f"take {port}.{name} off the list"
            continue
        assert found is not None, f"{port}.{name} does not say for whom"
        assert found.kind is inspect.Parameter.KEYWORD_ONLY
        assert found.default is inspect.Parameter.empty, "a principal is never left out"


PORT_NAMES = {protocol_of(port).__name__ for port in PORTS} - {"Cache"}


def without_principal(tree: ast.AST) -> list[str]:
    """Return the functions that are given a port but not for whom they ask it."""
    found = []
    for function in functions_in(tree):
        args = function.args
        every = (*args.posonlyargs, *args.args, *args.kwonlyargs)
        kinds = {one.annotation.id for one in every if isinstance(one.annotation, ast.Name)}
        if kinds & PORT_NAMES and "principal" not in {one.arg for one in every}:
            found.append(function.name)
    return found


@everywhere(sorted((PACKAGE / "packs").rglob("*.py")), name=short)
def test_whoever_is_given_a_port_is_told_for_whom(path: Any) -> None:
    assert without_principal(tree_of(path)) == []


def test_a_function_that_is_not_told_for_whom_is_found_out() -> None:
    text = "async def search(*, inventory: Inventory) -> None: ...\n"
    assert without_principal(ast.parse(text)) == ["search"]


FOR_LOG_LINES = PACKAGE / "app/logs.py"
"""The one place with context variables: ids that only log lines show."""


@everywhere([one for one in SOURCES if one != FOR_LOG_LINES], name=short)
def test_nobody_carries_the_tenant_in_the_context(path: Any) -> None:
    assert "contextvars" not in text_of(path)
    assert "ContextVar" not in text_of(path)
