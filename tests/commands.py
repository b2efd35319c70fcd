"""What a command answers, carried out in this process: a process of its own takes a second of CPU.

It is for what comes after a real process, and for what a process adds nothing to.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from headwater.entries.cli.main import respond


def carry_out(
    *words: str, folder: Path, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Carry out a command in a folder, beside no other settings of ours than those given."""
    out, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "12")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(errors):
        patch.chdir(folder)
        for name in [one for one in os.environ if one.startswith("HEADWATER")]:
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        status = respond(list(words))
    given = [one.buffer.getvalue() for one in (out, errors)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(words, status, *given)
