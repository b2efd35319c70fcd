#!/usr/bin/env python3
"""Has Node.js and the packages of a folder with a package.json where tests find them.

    .ci/node.py [FOLDER]        tests/e2e/signalr where none is named

Says as JSON where `node` and `modules` are, or on standard error why they cannot be had (status 1).
What is missing is installed: Node.js and npm from Debian (as root), the packages by their lock
file, from whichever registry npm is set up for; files that package.json says to `drop` are removed
again. Only the standard library is used.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from recipes import ROOT, STATE, Missing, say

PACKAGE = ROOT / "tests/e2e/signalr"
FILES = ("package.json", "package-lock.json", ".npmrc")
LEAST = 18
"""The oldest Node.js that will do: Debian 12's."""
INSTALL_S = 500


def main() -> int:
    """Say where everything is, once it is there."""
    STATE.mkdir(exist_ok=True)
    package = ROOT / sys.argv[1] if len(sys.argv) > 1 else PACKAGE
    try:
        with (STATE / "node.lock").open("a", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            node = node_program()
            told = {"node": node, "modules": str(modules(node, package))}
    except Missing as error:
        say(str(error))
        return 1
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def node_program() -> str:
    """Return where Node.js is, after installing it where it can be.

    Raises:
        Missing: It cannot be had here.
    """
    if not is_there():
        if os.getuid() != 0 or not shutil.which("apt-get"):
            raise Missing(f"no Node.js {LEAST} and npm: as root, apt-get install nodejs npm")
        say("installing nodejs and npm (Debian)")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], env=quiet)
        more = ["install", "-y", "-qq", "--no-install-recommends", "nodejs", "npm"]
        run(["apt-get", *more], env=quiet)
    if not is_there():
        raise Missing(f"Debian brought no Node.js {LEAST}")
    return str(shutil.which("node"))


def is_there() -> bool:
    """Tell whether Node.js, new enough, and npm are there."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = told.stdout.removeprefix("v").partition(".")[0]
    return major.isdecimal() and int(major) >= LEAST


def modules(node: str, package: Path) -> Path:
    """Return the folder of the locked packages, installed where it is not there yet.

    Raises:
        Missing: npm cannot install them.
    """
    locked = b"".join((package / name).read_bytes() for name in FILES)
    folder = STATE / "node" / hashlib.sha256(locked).hexdigest()[:16]
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in FILES:
            shutil.copy(package / name, folder / name)
        say(f"installing what {package.name} needs (npm)")
        flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        path = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        run(["npm", "ci", *flags], cwd=folder, env={**os.environ, "PATH": path})
        told = json.loads((package / "package.json").read_text("utf-8"))
        for pattern in told.get("drop", ()):
            for file in (folder / "node_modules").glob(pattern):
                file.unlink()
        (folder / "done").touch()
    return folder / "node_modules"


def run(command: list[str], *, env: dict[str, str], cwd: Path = ROOT) -> None:
    """Run a program that installs something.

    Raises:
        Missing: It failed, with its last words.
    """
    try:
        ended = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{' '.join(command[:2])}: {error}") from error
    if ended.returncode:
        words = (ended.stderr or ended.stdout).strip().splitlines()[-3:]
        raise Missing(f"{' '.join(command[:2])}: {' '.join(words)[:500]}")


if __name__ == "__main__":
    sys.exit(main())
