"""What a PDF says, told line by line by a process of its own that may not take much.

It is started by `pdf.py` as `python -m headwater.sources.documents.pdf_child LIMITS`, bounds
itself before it looks at the file, and writes JSON lines to its standard output: first whether its
memory is bounded, then metadata, then a line a page, at last that it has ended or why not.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess  # tesseract, which is named by nobody but this file
import sys
import time
from collections.abc import Iterator
from typing import Any

METADATA = ("Title", "Author", "Subject", "Keywords", "CreationDate", "ModDate")
MOST_METADATA = 500
MOST_OBJECTS = 20_000
"""Objects of a page that are looked at for pictures."""
MOST_DEPTH = 4
OCR_DPI = 200
OCR_MOST_PIXELS = 20_000_000
OCR_PAGE_S = 30.0
OCR_LINE = 12.0
"""Points from line to line of what was seen: an empty one parts paragraphs."""
OCR_SHARE = 0.8
"""Of the time given: after that no further page is read by its picture."""
FILES = 64
POINTS_AN_INCH = 72
PASSWORD = 4
"""What PDFium says of a file that needs one."""


class Refused(Exception):  # noqa: N818  what is told, not an error of ours
    """Say why a document is not read.

    Args:
        code: One of `document.*`.
        message: What is wrong with it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def main() -> int:
    """Read the PDF that the first argument tells of."""
    limits = json.loads(sys.argv[1])
    tell({"memory_is_bounded": bound(limits)})
    try:
        for told in Reading(limits).lines():
            tell(told)
        tell({"ended": True})
    except Refused as refusal:
        tell({"code": refusal.code, "message": str(refusal)})
    except MemoryError:
        tell({"code": "document.too_heavy", "message": "it takes too much memory to read"})
    except Exception as error:  # noqa: BLE001  whatever a hostile file brings about is told
        tell({"code": "document.broken", "message": f"{type(error).__name__}: {error}"[:300]})
    sys.stdout.flush()
    return 0


def tell(line: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(f"{json.dumps(line)}\n")


def bound(limits: dict[str, Any]) -> bool:
    """Bound what this process may take, and tell whether its memory could be bounded."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(
            signal.ITIMER_REAL, limits["wall_s"] + 2
        )  # should nobody be there to end it
    try:
        import resource
    except ImportError:
        return False
    cpu_s = max(1, int(limits["cpu_s"]))
    for kind, most in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_FSIZE, limits["told_bytes"]),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"], limits["memory_bytes"]))
    except (ValueError, OSError):
        return False
    return sys.platform == "linux"


class Reading:
    """One reading of one PDF.

    Args:
        limits: Where it is, and what reading it may take.
    """

    def __init__(self, limits: dict[str, Any]) -> None:
        import pypdfium2  # type: ignore[import-untyped]

        self._pdfium = pypdfium2
        self._raw: Any = pypdfium2.raw
        self._limits = limits
        self._room = int(limits["text_bytes"])
        self._ocr_until_s = time.monotonic() + limits["wall_s"] * OCR_SHARE
        self._tesseract = shutil.which("tesseract") if limits["ocr"] else None

    def lines(self) -> Iterator[dict[str, Any]]:
        """Give the document's metadata, then its pages."""
        document = self._opened()
        pages = len(document)
        if pages > self._limits["pages"]:
            message = f"it has {pages:,} pages of at most {self._limits['pages']:,}"
            raise Refused("document.too_large", message)
        found = {name: document.get_metadata_value(name)[:MOST_METADATA] for name in METADATA}
        yield {"pages": pages, "metadata": {name: one for name, one in found.items() if one}}
        failed = 0
        for number in range(pages):
            told = self._page(document, number)
            failed += told.get("failed", False)
            yield told
        if failed == pages:
            raise Refused("document.broken", "none of its pages can be opened")

    def _opened(self) -> Any:
        try:
            return self._pdfium.PdfDocument(self._limits["path"])
        except self._pdfium.PdfiumError as error:
            if error.err_code == PASSWORD:
                message = "it is encrypted; take its password off"
                raise Refused("document.encrypted", message) from error
            raise Refused("document.broken", f"it is no PDF that can be read ({error})") from error

    def _page(self, document: Any, number: int) -> dict[str, Any]:
        told: dict[str, Any] = {"page": number + 1, "lines": []}
        try:
            page = document[number]
        except self._pdfium.PdfiumError:
            return told | {"failed": True, "unread": True}
        try:
            told["lines"] = list(self._text(page))
            objects, told["images"] = self._counted(page)
            if objects and not told["lines"]:
                told["lines"] = self._seen(page)
                told["unread"] = not told["lines"]
        except self._pdfium.PdfiumError:
            return told | {"failed": True, "unread": not told["lines"]}
        finally:
            page.close()
        return told

    def _text(self, page: Any) -> Iterator[tuple[str, float, float]]:
        """Give a page's lines, each with the height of its first character and where its top is."""
        words = page.get_textpage()
        start = 0
        for line in words.get_text_range().split("\n"):
            units = len(line) if line.isascii() else len(line.encode("utf-16-le", "replace")) // 2
            shown = line.strip("\r \t\x00")
            if shown:
                self._take(shown)
                lead = len(line) - len(line.lstrip("\r \t\x00"))
                yield (shown, *self._box(words, start + lead))
            start += units + 1
        words.close()

    def _box(self, words: Any, index: int) -> tuple[float, float]:
        rect = self._raw.FS_RECTF()
        at = self._raw.FPDFText_GetCharIndexFromTextIndex(words, index)
        if at < 0 or not self._raw.FPDFText_GetLooseCharBox(words, at, rect):
            return 0.0, 0.0
        return round(abs(rect.top - rect.bottom), 1), round(rect.top, 1)

    def _take(self, words: str) -> None:
        self._room -= len(words.encode("utf-8", "replace"))
        if self._room < 0:
            message = f"it has over {self._limits['text_bytes']:,} bytes of text"
            raise Refused("document.too_large", message)

    def _counted(self, page: Any) -> tuple[int, int]:
        """Return how many objects a page has, and how many of those looked at are pictures."""
        raw = self._raw
        count = max(raw.FPDFPage_CountObjects(page), 0)
        budget = [MOST_OBJECTS]
        tops = (raw.FPDFPage_GetObject(page, at) for at in range(count))
        return count, sum(self._images(one, budget, 0) for one in tops if budget[0] > 0)

    def _images(self, one: Any, budget: list[int], depth: int) -> int:
        raw = self._raw
        budget[0] -= 1
        kind = raw.FPDFPageObj_GetType(one)
        if kind == raw.FPDF_PAGEOBJ_IMAGE:
            return 1
        if kind != raw.FPDF_PAGEOBJ_FORM or depth >= MOST_DEPTH:
            return 0
        inner = range(min(max(raw.FPDFFormObj_CountObjects(one), 0), max(budget[0], 0)))
        return sum(
            self._images(raw.FPDFFormObj_GetObject(one, at), budget, depth + 1) for at in inner
        )

    def _seen(self, page: Any) -> list[tuple[str, float, float]]:
        """Return the lines that tesseract sees on a page, or none."""
        left_s = self._ocr_until_s - time.monotonic()
        if self._tesseract is None or left_s <= 0:
            return []
        width, height = page.get_size()
        inches = max(width * height, 1.0) / POINTS_AN_INCH**2
        dpi = min(OCR_DPI, (OCR_MOST_PIXELS / inches) ** 0.5)
        bitmap = page.render(scale=dpi / POINTS_AN_INCH, grayscale=True)
        picture = _portable(bitmap)
        languages = self._limits["ocr_languages"]
        command = [self._tesseract, "stdin", "stdout", "-l", languages, "--dpi", str(int(dpi))]
        try:
            done = subprocess.run(  # noqa: S603  a list of words, and the program found in the path
                command,
                input=picture,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=min(left_s, OCR_PAGE_S),
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return []
        shown: list[tuple[str, float, float]] = []
        for number, line in enumerate(done.stdout.decode("utf-8", "replace").splitlines()):
            if line.strip():
                self._take(line)
                shown.append((line.strip(), 0.0, -number * OCR_LINE))
        return shown


def _portable(bitmap: Any) -> bytes:
    """Return a grey picture as PGM."""
    grey = bytes(bitmap.buffer)
    rows = (grey[at * bitmap.stride :][: bitmap.width] for at in range(bitmap.height))
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(rows)


if __name__ == "__main__":
    sys.exit(main())
