#!/usr/bin/env python3
"""Which real PostgreSQL, MariaDB and Redis the tests talk to, all of them made here.

    start           install what is missing (Debian, as root), start what is not running, keep it
    run -- COMMAND  the same while a command runs, and stop afterwards unless `start` keeps them
    hold            the same until standard input ends; tells where they are as a line of JSON
    stop            stop them, or let the last test run that uses them do so
    status          tell where they are

They listen on 127.0.0.1 only, on ports of their own, with data folders of their own that end with
them, and trade every safety of their data for speed. What cannot be had is told by name and
reason; the others start all the same. This reads the standard library alone and waits for nobody:
whoever uses the servers holds `.services/users` shared, and who gets it alone may stop them.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recipes import (
    NAMES,
    PACKAGES,
    ROOT,
    STATE,
    Missing,
    Place,
    answers,
    choose_folder,
    end,
    find,
    free_port,
    install,
    make_folder,
    say,
    spawn,
)


@contextmanager
def lock(name: str, how: int) -> Iterator[None]:
    """Hold one of our lock files, which the system lets go of when we die.

    Raises:
        BlockingIOError: Somebody else has it, and `how` says not to wait.
    """
    STATE.mkdir(exist_ok=True)
    with (STATE / name).open("a", encoding="ascii") as file:
        fcntl.flock(file, how)
        yield


def load_state() -> dict[str, Any]:
    """Return what is written down about the servers, or what is true before the first start."""
    try:
        state: dict[str, Any] = json.loads((STATE / "servers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"folder": None, "password": None, "kept": False, "servers": {}, "missing": {}}
    return state


def save_state(state: dict[str, Any]) -> None:
    """Write it down whole; it has the password, so it is its owner's alone."""
    fresh = STATE / f"servers.json.{os.getpid()}"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(state, indent=1), encoding="utf-8")
    fresh.replace(STATE / "servers.json")


def bring_up(name: str, state: dict[str, Any]) -> dict[str, Any]:
    """Return where a server is, after starting it or making it anew where that is needed.

    Raises:
        Missing: It cannot be had here.
    """
    folder = Path(state["folder"]) / name
    known = state["servers"].get(name)
    if known:
        place = Place(name, folder, known["port"], state["password"])
        if answers(place):
            return dict(known)
    end(folder)
    programs = find(name, folder)
    if not programs:
        raise Missing(f"{name} is not installed: as root, apt-get install {PACKAGES[name]}")
    if known and folder.exists():
        try:
            spawn(place, programs)
        except Missing as error:
            say(f"{error}; making it anew")
        else:
            return dict(known)
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    place = Place(name, folder, free_port(), state["password"])
    spawn(place, programs)
    return {"url": place.url, "port": place.port}


def start(*, keep: bool) -> dict[str, Any]:
    """Have all servers running that can be had; return where they are."""
    began = time.monotonic()
    with lock("lock", fcntl.LOCK_EX):
        state = load_state()
        if not state["folder"] or not Path(state["folder"]).is_dir():
            state = {**load_state(), "folder": str(choose_folder()), "servers": {}}
        state["password"] = state["password"] or secrets.token_hex(12)
        state["kept"] = state["kept"] or keep
        save_state(state)
        absent = [name for name in NAMES if not find(name, Path(state["folder"]) / name)]
        if absent:
            install(absent)
        before = dict(state["servers"])
        with ThreadPoolExecutor() as pool:
            asked = {name: pool.submit(bring_up, name, state) for name in NAMES}
        state["missing"] = {}
        for name, one in asked.items():
            try:
                state["servers"][name] = one.result()
            except (Missing, OSError) as error:
                state["servers"].pop(name, None)
                state["missing"][name] = str(error)
                say(f"without {name}: {error}")
        save_state(state)
    if state["servers"] != before:
        say(f"{', '.join(state['servers'])} up after {time.monotonic() - began:.1f} s")
    return state


def stop(*, kept: bool | None = None) -> bool:
    """Stop all servers and remove their data, unless somebody uses or keeps them."""
    with lock("lock", fcntl.LOCK_EX):
        state = load_state()
        if kept is not None and state["kept"] != kept:
            state["kept"] = kept
            save_state(state)
        if state["kept"]:
            return False
        try:
            with lock("users", fcntl.LOCK_EX | fcntl.LOCK_NB):
                if state["folder"]:
                    for name in NAMES:
                        end(Path(state["folder"]) / name)
                    shutil.rmtree(state["folder"], ignore_errors=True)
                (STATE / "servers.json").unlink(missing_ok=True)
        except BlockingIOError:
            return False
    return True


@contextmanager
def used() -> Iterator[dict[str, Any]]:
    """Have the servers running for as long as this is held, whoever else comes and goes."""
    try:
        with lock("users", fcntl.LOCK_SH):
            yield start(keep=False)
    finally:
        stop()


def run(command: list[str]) -> int:
    """Run a command beside the servers and return how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command gets it too, and decides
    early = told_to_end()
    with used():
        if early:
            return 128 + early[0]
        child = subprocess.Popen(command, cwd=ROOT, preexec_fn=take_interrupts)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda which, _: child.send_signal(which))
        ended = child.wait()
    return ended if ended >= 0 else 128 - ended


def told_to_end() -> list[int]:
    """Return where signals to end are noted: while servers start, none is left without a record."""
    noted: list[int] = []
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda which, _: noted.append(which))
    return noted


def take_interrupts() -> None:
    """Undo in the child what `run` did for itself."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def hold() -> int:
    """Tell where the servers are and keep them until whoever started us goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    early = told_to_end()
    with used() as state:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda which, _: sys.exit(128 + which))
        if not early:
            sys.stdout.write(json.dumps(state) + "\n")
            sys.stdout.flush()
            sys.stdin.read()
    return 0


def show(state: dict[str, Any]) -> int:
    """Tell a person where the servers are."""
    for name in NAMES:
        server = state["servers"].get(name)
        where = server["url"] if server else state["missing"].get(name, "not started")
        up = bool(server) and answers(
            Place(name, Path(state["folder"]) / name, server["port"], state["password"])
        )
        sys.stdout.write(f"{name:<11} {'up' if up else 'down':<5} {where}\n")
    return 0


def main(asked: list[str]) -> int:
    """Do what is asked for."""
    what, rest = asked[:1], asked[1:]
    if what == ["run"] and rest[:1] == ["--"] and rest[1:]:
        return run(rest[1:])
    if rest or what not in ([word] for word in ("start", "hold", "stop", "status")):
        say(__doc__ or "")
        return 2
    if what == ["start"]:
        return show(start(keep=True)) or int(bool(load_state()["missing"]))
    if what == ["stop"]:
        if not stop(kept=False):
            say("in use: the last test run that uses them stops them")
        return 0
    return hold() if what == ["hold"] else show(load_state())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
