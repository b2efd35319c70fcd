"""What a PDF says: read by a process of its own, under limits; this side believes it little.

A crafted file of 2 KiB can make PDFium take gigabytes and minutes, so it is never read in the
process that answers questions. Where the system cannot bound a process's memory (macOS, Windows),
this side looks at it every few milliseconds and ends what takes too much.

Next: `headwater.sources.documents.pdf_child.main`
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess  # the reader, started from this very installation
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil
from anyio import NoEventLoopError, from_thread

from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError
from headwater.model.ingest import ReadingLimits
from headwater.sources.documents.blocks import Parsed
from headwater.sources.documents.pdf_layout import Page, parsed_pages

HEADER = b"%PDF-"
HEADER_WITHIN = 1024
CHILD = "headwater.sources.documents.pdf_child"
LOOK_S = 0.03
TOLD_RATIO = 3
"""Bytes that the child may write for each byte of text: JSON, and where each line stands."""
TOLD_MORE = 4 * 1024 * 1024


def parse_pdf(path: Path, limits: ReadingLimits) -> Parsed:
    """Return a PDF's text with its pages, and headings told by their size. It blocks.

    Called in a worker thread of anyio, it ends the reading where its task is cancelled.

    Raises:
        UsageError: `document.broken` or `document.encrypted`.
        LimitError: `document.too_large`, `document.too_slow`, `document.too_heavy`.
        StoreFault: `document.no_reader` where no process can be started.
    """
    with path.open("rb") as file:
        if HEADER not in file.read(HEADER_WITHIN):
            message = "it is no PDF: it does not begin as one; send what it is, or mend it"
            raise UsageError(message, code="document.broken")
    with tempfile.TemporaryFile(prefix="headwater-pdf-") as told:
        ended = _read(path, limits, told)
        told.seek(0)
        return _parsed(_lines(told), ended, limits)


@dataclass(frozen=True, slots=True)
class _Ended:
    """How the child ended: its status, and what this side ended it for, if it did."""

    status: int
    because: str = ""


def _read(path: Path, limits: ReadingLimits, told: IO[bytes]) -> _Ended:
    given = {
        "path": str(path.absolute()),
        "told_bytes": limits.text_bytes * TOLD_RATIO + TOLD_MORE,
        "text_bytes": limits.text_bytes,
        "pages": limits.pages,
        "memory_bytes": limits.memory_bytes,
        "cpu_s": limits.cpu_s,
        "wall_s": limits.wall_s,
        "ocr": limits.ocr,
        "ocr_languages": limits.ocr_languages,
    }
    try:
        child = subprocess.Popen(  # noqa: S603  our own module, in our own interpreter
            [sys.executable, "-P", "-m", CHILD, json.dumps(given)],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        message = f"no process can be started to read a PDF ({error.strerror}); make room for one"
        raise StoreFault(message, code="document.no_reader", retry_safe=True) from error
    try:
        return _waited(child, limits)
    finally:
        _kill(child)


def _environment() -> dict[str, str]:
    """Return what the child sees of the environment: no secret, no proxy, one thread of OCR."""
    keep = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TMPDIR", "SYSTEMROOT")
    kept = {name: os.environ[name] for name in keep if name in os.environ}
    return kept | {"OMP_THREAD_LIMIT": "1", "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}


def _waited(child: subprocess.Popen[bytes], limits: ReadingLimits) -> _Ended:
    """Wait for the child, for as long as it may take."""
    until_s = time.monotonic() + limits.wall_s
    watched = None if sys.platform == "linux" else psutil.Process(child.pid)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return _Ended(child.wait(LOOK_S))
        with contextlib.suppress(NoEventLoopError):
            from_thread.check_cancelled()
        if time.monotonic() > until_s:
            return _Ended(-1, "document.too_slow")
        if watched is not None and _taken_bytes(watched) > limits.memory_bytes:
            return _Ended(-1, "document.too_heavy")


def _taken_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def _lines(told: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Give the lines that are whole."""
    for line in told:
        if line.endswith(b"\n"):
            yield json.loads(line)


def _parsed(lines: Iterator[dict[str, Any]], ended: _Ended, limits: ReadingLimits) -> Parsed:
    pages: list[Page] = []
    metadata: dict[str, str] = {}
    whole = False
    for line in lines:
        if "code" in line:
            raise _refusal(line["code"], line["message"])
        metadata.update(line.get("metadata", {}))
        if "page" in line:
            pages.append(Page.of(line))
        whole = whole or line.get("ended", False)
    if not whole:
        raise _why(ended, limits)
    return parsed_pages(pages, metadata)


def _why(ended: _Ended, limits: ReadingLimits) -> HeadwaterError:
    """Return why a child told of no end."""
    too_slow = ended.because == "document.too_slow"
    if too_slow or -ended.status in {signal.SIGXCPU, signal.SIGALRM}:
        took = f"{limits.wall_s:g} s" if too_slow else f"{limits.cpu_s:g} s of CPU"
        return _refusal("document.too_slow", f"reading it took over {took}")
    if -ended.status == signal.SIGXFSZ:
        return _refusal("document.too_large", f"it has over {limits.text_bytes:,} bytes of text")
    most = f"{limits.memory_bytes:,} bytes of memory"
    message = f"reading it took over {most}, or broke the reader (status {ended.status})"
    return _refusal("document.too_heavy", message)


def _refusal(code: str, message: str) -> HeadwaterError:
    """Return the error of one of the codes that a child may tell."""
    match code:
        case "document.encrypted":
            return UsageError(message, code="document.encrypted")
        case "document.too_large":
            return LimitError(f"{message}; send it in several", code="document.too_large")
        case "document.too_slow":
            return LimitError(f"{message}; send it in several", code="document.too_slow")
        case "document.too_heavy":
            return LimitError(f"{message}; send it in several", code="document.too_heavy")
        case _:
            return UsageError(f"{message}; write it anew", code="document.broken")
