"""What PDFs say, and that reading them is bounded, whatever they are made to do."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from pathlib import Path

import psutil
import pytest
from hostile_documents import HARMLESS, HOSTILE, flate_bomb, honest, one_page, picture_alone, stream
from patience import GUARD_S
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

from headwater.errors import HeadwaterError, LimitError, UsageError
from headwater.model.ingest import ReadDocument, ReadingLimits
from headwater.sources.documents.find import documents_at
from headwater.sources.documents.pdf_layout import Line, Page, parsed_pages
from headwater.sources.documents.read import read_document

LIMITS = ReadingLimits()
MOST_MORE_BYTES = 50 * 1024 * 1024
SAMPLE = (
    "empty.pdf", "noise.pdf", "word.pdf", "truncated-early.pdf", "encrypted-128.pdf",
    "pages-of-itself.pdf", "pages-many.pdf", "flate-bomb-thrice.pdf", "filters-many.pdf",
    "nul.md", "packed.txt", "empty.md", "comment-without-end.html",
)  # fmt: skip
"""What is tried in every run; the others take about a minute more."""


def read(path: Path, limits: ReadingLimits = LIMITS) -> ReadDocument:
    return read_document(documents_at(path).files[0], limits)


def manual(path: Path, pages: int) -> None:
    """Write a PDF with chapters, parts, paragraphs and a running title."""
    styles, flow = getSampleStyleSheet(), []
    for number in range(1, pages + 1):
        flow.append(Paragraph(f"Chapter {number}", styles["Heading1"]))
        flow.append(Paragraph(f"The queue {number} is slow. " * 12, styles["BodyText"]))
        flow.append(Paragraph("What to do", styles["Heading2"]))
        flow.append(Paragraph(f"Restart broker {number} and wait. " * 12, styles["BodyText"]))
        flow.append(PageBreak())

    def running(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.drawString(72, 20, f"Operations manual, page {document.page} of many")

    template = SimpleDocTemplate(str(path), title="The manual", author="The team")
    template.build(flow, onFirstPage=running, onLaterPages=running)


def test_a_pdf_keeps_its_pages_headings_and_metadata(tmp_path: Path) -> None:
    manual(tmp_path / "m.pdf", 6)
    found = read(tmp_path / "m.pdf")
    assert (found.title, found.pages, found.unread_pages) == ("The manual", 6, ())
    assert found.tags == {"author": "The team"}
    assert [(one.page, one.section) for one in found.passages] == [
        place
        for number in range(1, 7)
        for place in ((number, f"Chapter {number}"), (number, f"Chapter {number} > What to do"))
    ]
    for one in found.passages:
        assert found.text[one.start : one.end] == one.text
    assert "Operations manual" not in found.text
    assert " ".join(found.text.split()).count("Restart broker 3 and wait.") == 12


def test_a_passage_stands_on_the_page_that_it_is_cited_with(tmp_path: Path) -> None:
    path = tmp_path / "m.pdf"
    canvas = Canvas(str(path))
    for number in range(3):
        canvas.drawString(72, 700, f"Restart valve {number} above {number + 4} bar.")
        canvas.showPage()
    canvas.save()
    told = [(one.page, one.text) for one in read(path).passages]
    assert told == [(n + 1, f"Restart valve {n} above {n + 4} bar.") for n in range(3)]


def test_the_same_bytes_have_the_same_version_and_others_another(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(honest())
    (tmp_path / "b.pdf").write_bytes(honest())
    (tmp_path / "c.pdf").write_bytes(honest("something else"))
    one, two, other = (read(tmp_path / name).digest for name in ("a.pdf", "b.pdf", "c.pdf"))
    assert one == two != other


def test_a_page_of_pictures_alone_is_listed_as_unread(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(picture_alone())
    found = read(tmp_path / "scan.pdf", ReadingLimits(ocr=False))
    assert (found.unread_pages, found.images, found.passages) == ((1,), 1, ())
    assert found.title == "scan"


@pytest.fixture
def tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program of that name first: it checks what it is given, and says what it sees."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "tesseract"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "head = sys.stdin.buffer.readline().split()\n"
        "rest = sys.stdin.buffer.read()\n"
        "assert head[0] == b'P5' and len(rest) == int(head[1]) * int(head[2])\n"
        "assert sys.argv[1:5] == ['stdin', 'stdout', '-l', 'deu']\n"
        "print('Seen on the picture:\\n\\nrestart the broker')\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return program


@pytest.mark.slow  # its stand-in of a program is now and then not begun in time beside other tests
def test_a_page_of_pictures_is_read_where_tesseract_is(tesseract: Path, tmp_path: Path) -> None:
    small = one_page(stream(b"0 0 m 99 99 l S"))
    (tmp_path / "scan.pdf").write_bytes(small)
    found = read(tmp_path / "scan.pdf", ReadingLimits(ocr_languages="deu"))
    assert found.unread_pages == ()
    assert [one.text for one in found.passages] == ["Seen on the picture:\nrestart the broker"]
    tesseract.unlink()
    assert read(tmp_path / "scan.pdf").unread_pages == (1,)


@pytest.mark.slow  # where tesseract is, it takes its time; where it is not, nothing can be tried
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_the_real_tesseract_reads_a_page_within_the_bounds_of_the_child(tmp_path: Path) -> None:
    picture = Image.new("L", (1_200, 400), 255)
    font = ImageFont.load_default(size=60)
    ImageDraw.Draw(picture).text((60, 120), "Restart the broker", font=font, fill=0)
    canvas = Canvas(str(tmp_path / "scan.pdf"), pagesize=(600, 200))
    canvas.drawImage(ImageReader(picture), 0, 0, 600, 200)
    canvas.save()
    found = read(tmp_path / "scan.pdf")
    assert (found.unread_pages, found.images) == ((), 1)
    assert [(one.page, one.text) for one in found.passages] == [(1, "Restart the broker")]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_document_wants_done_is_not_done(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(HARMLESS[name]())
    assert read(tmp_path / name).text.split() == ["harmless"]


def refused(name: str, folder: Path) -> None:
    """Read a hostile file, which must be refused in time, and with little memory on this side."""
    (folder / name).write_bytes(HOSTILE[name]())
    memory, before_s = psutil.Process().memory_info().rss, time.monotonic()
    others = set(psutil.Process().children())
    with pytest.raises((UsageError, LimitError)) as caught:
        read(folder / name)
    assert caught.value.code.startswith("document.")
    assert time.monotonic() - before_s < GUARD_S
    assert psutil.Process().memory_info().rss - memory < MOST_MORE_BYTES
    assert set(psutil.Process().children()) <= others


@pytest.mark.parametrize("name", SAMPLE)
def test_a_hostile_file_is_refused(name: str, tmp_path: Path) -> None:
    refused(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", [one for one in HOSTILE if one not in SAMPLE])
def test_every_hostile_file_is_refused(name: str, tmp_path: Path) -> None:
    refused(name, tmp_path)


def test_there_are_fifty_hostile_files() -> None:
    assert len(HOSTILE) >= 50


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ReadingLimits(file_bytes=100), "document.too_large"),
        (ReadingLimits(text_bytes=20), "document.too_large"),
        (ReadingLimits(pages=5), "document.too_large"),
        (ReadingLimits(wall_s=0.05), "document.too_slow"),
    ],
)
def test_each_limit_is_kept(limits: ReadingLimits, code: str, tmp_path: Path) -> None:
    manual(tmp_path / "m.pdf", 6)
    with pytest.raises(HeadwaterError) as caught:
        read(tmp_path / "m.pdf", limits)
    assert caught.value.code == code


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel bounds memory on Linux alone")
def test_what_takes_too_much_memory_is_read_where_more_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(flate_bomb(2, 200))
    codes = []
    for memory_bytes in (192 << 20, 4 << 30):
        with pytest.raises(HeadwaterError) as caught:
            read(tmp_path / "x.pdf", ReadingLimits(memory_bytes=memory_bytes))
        codes.append(caught.value.code)
    assert codes == ["document.too_heavy", "document.empty"]


def lines(*heights: float) -> tuple[Line, ...]:
    return tuple(
        Line(f"line {number} of {height}", height, 700 - 12 * number)
        for number, height in enumerate(heights)
    )


def test_lines_clearly_larger_than_most_are_headings() -> None:
    page = Page(1, lines(20, 10, 10, 14, 10))
    found = parsed_pages([page], {})
    assert [(one.kind, one.level) for one in found.blocks] == [
        ("heading", 1),
        ("text", 0),
        ("heading", 2),
        ("text", 0),
    ]


def test_a_page_without_sizes_has_text_alone() -> None:
    found = parsed_pages([Page(1, lines(0, 0))], {})
    assert {one.kind for one in found.blocks} == {"text"}


def test_a_wider_gap_parts_paragraphs() -> None:
    near = [Line("a", 10, 700), Line("b", 10, 688), Line("c", 10, 676), Line("d", 10, 640)]
    assert parsed_pages([Page(1, tuple(near))], {}).text == "a\nb\nc\n\nd\n\n"


def test_a_word_that_goes_on_in_the_next_line_is_put_together() -> None:
    page = Page.of({"page": 1, "lines": [["data\u00ad", 10, 700], ["base", 10, 688]]})
    assert parsed_pages([page], {}).text == "database\n\n"


@pytest.mark.parametrize("title", ["untitled", "(anonymous)", "", "\x00"])
def test_what_programs_write_is_no_title(title: str) -> None:
    assert parsed_pages([Page(1, lines(10))], {"Title": title}).title == ""


def test_a_writers_name_is_taken_off_a_title() -> None:
    told = {"Title": "Microsoft Word - Plan.doc", "ModDate": "D:20240131120000+01'00'"}
    found = parsed_pages([Page(1, lines(10))], told)
    assert found.title == "Plan.doc"
    assert found.at is not None
    assert found.at.isoformat() == "2024-01-31T12:00:00+01:00"


@pytest.mark.parametrize("date", ["D:20241399", "yesterday", "", "D:2024", "D:20240101+99'99'"])
def test_a_date_that_is_none_is_passed_over(date: str) -> None:
    found = parsed_pages([Page(1, lines(10))], {"ModDate": date}).at
    assert found is None or found.year == 2024
