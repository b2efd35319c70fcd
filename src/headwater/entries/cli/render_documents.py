"""How documents and what was taken in look in a terminal; it fetches none."""

from __future__ import annotations

from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.render_table import draw_table
from headwater.entries.cli.text import clean, span
from headwater.entries.cli.zone import Times, zone_name
from headwater.model.document import DocumentPage
from headwater.model.ingest import IngestReport

MOST_LISTED = 20
MOST_PAGES = 12


def draw_ingest(report: IngestReport, look: Look) -> list[RenderableType]:
    """Return how many documents were taken in, which were not and why, which pages are unread."""
    total = report.added + report.changed + report.unchanged
    head = Text("● INGESTED", style="bold yellow" if report.failed else "bold green")
    words = f"  {_counted(total, 'document')}, {_counted(report.passages, 'passage')}"
    head.append(f"{words} in {span(report.elapsed_s)}", style="default not bold")
    counts = [[report.added, report.changed, report.unchanged, report.failed, report.skipped]]
    columns = ["added", "changed", "unchanged", "failed", "no documents"]
    drawn: list[RenderableType] = [head, *draw_table(columns, counts, width=look.width)]
    if report.failed:
        drawn.extend(["", Text(f"{_counted(report.failed, 'document')} not read", "bold yellow")])
        drawn.extend(
            Text(f"  {clean(Path(one.source).name)}: {clean(one.message)} [{one.code}]")
            for one in report.failures[:MOST_LISTED]
        )
        drawn.extend(_more(report.failed - MOST_LISTED))
    if report.unread_pages:
        drawn.extend(["", Text(f"{_counted(report.unread_pages, 'page')} unread", "bold yellow")])
        unread = [one for one in report.documents if one.unread_pages]
        drawn.extend(
            Text(f"  {clean(one.title)}: {_pages(one.unread_pages)}")
            for one in unread[:MOST_LISTED]
        )
        drawn.extend(_more(len(unread) - MOST_LISTED))
    return drawn


def draw_documents(page: DocumentPage, look: Look) -> list[RenderableType]:
    """Return the documents, newest first."""
    if not page.documents:
        return [Text("no documents yet; take some in: headwater ingest PATH", style="dim")]
    times = Times(look.zone, [one.updated_at for one in page.documents], look.today)
    rows = [
        [one.id, one.title, one.passages, times.show(one.updated_at), one.source]
        for one in page.documents
    ]
    columns = ["id", "title", "passages", f"taken in ({zone_name(look.zone)})", "source"]
    shown = draw_table(columns, rows, width=look.width)
    return [*shown, *_more(page.total - len(page.documents))]


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _pages(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, numbers[:MOST_PAGES]))
    return f"{shown}, …" if len(numbers) > MOST_PAGES else shown


def _more(hidden: int) -> list[RenderableType]:
    return [Text(f"  … {hidden:,} more", style="dim")] if hidden > 0 else []
