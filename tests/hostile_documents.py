"""Files made to hurt whoever reads them: bombs, loops, lies about sizes, and what is no document.

Each is small (most are below 300 KB) and harmless until it is read. `HOSTILE` has one maker a file
name; every one of them must end in a refusal with a `document.*` code.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
import zlib
from collections.abc import Callable, Mapping

SPACES = b" " * (1 << 20)
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
KIDS = b"<</Type/Pages/Kids[%s]/Count %d>>"


def pdf(objects: Mapping[int, bytes], *, root: int = 1, trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects with a true table of where they are."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in objects.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    most = max(objects) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % most)
    for number in range(1, most):
        kind = b"n" if number in places else b"f"
        out.write(b"%010d 00000 %s \n" % (places.get(number, 0), kind))
    out.write(b"trailer\n<</Size %d/Root %d 0 R%s>>\n" % (most, root, trailer))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def one_page(content: bytes, more: Mapping[int, bytes] = {}, resources: bytes = b"") -> bytes:
    """Return a PDF with one page of this content stream."""
    fonts = b"/Font<</F1 5 0 R>>" if b"/Font" not in resources else b""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<<%s%s>>>>"
    return pdf({
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: KIDS % (b"3 0 R", 1),
        3: page % (fonts, resources),
        4: content,
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **more,
    })  # fmt: skip


def honest(words: str = "the database is slow") -> bytes:
    """Return a PDF that says something."""
    return one_page(stream(b"BT /F1 12 Tf 72 700 Td (%s) Tj ET" % words.encode()))


def flated(mebibytes: int) -> bytes:
    """Return so much of nothing, packed by Flate: one packed mebibyte again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    unit = packer.compress(SPACES) + packer.flush(zlib.Z_FULL_FLUSH)
    count = mebibytes * len(SPACES)
    low = 1 + count * SPACES[0]
    high = count + SPACES[0] * count * (count + 1) // 2
    check = (high % 65_521) << 16 | low % 65_521
    return b"\x78\xda" + unit * mebibytes + b"\x03\x00" + check.to_bytes(4, "big")


def flate_bomb(stages: int, mebibytes: int) -> bytes:
    """Return a page whose content was packed by Flate again and again."""
    data = flated(mebibytes)
    for _ in range(stages - 1):
        data = zlib.compress(data, 9)
    return one_page(stream(data, b"/Filter[%s]" % (b"/FlateDecode" * stages)))


def run_length_bomb() -> bytes:
    """Return a page packed by run lengths, then twice by Flate."""
    data = zlib.compress(zlib.compress(b"\x81 " * (4 << 20), 9), 9)
    return one_page(stream(data, b"/Filter[/FlateDecode/FlateDecode/RunLengthDecode]"))


def many_filters() -> bytes:
    """Return a page packed a thousand times."""
    return one_page(stream(b"00" * 1000 + b">", b"/Filter[%s]" % (b"/ASCIIHexDecode" * 1000)))


def text_bomb() -> bytes:
    """Return a page with some hundred mebibytes of words."""
    unit = b"(database database database database) Tj T*\n"
    data = b"BT /F1 1 Tf 1 TL 10 10 Td\n"
    packer = zlib.compressobj(9)
    packed = packer.compress(data) + packer.compress(unit * 2_500_000) + packer.flush()
    return one_page(stream(packed, b"/Filter/FlateDecode"))


def paths_bomb() -> bytes:
    """Return a page with forty million lines."""
    packer = zlib.compressobj(9)
    unit = b"0 0 m 9 9 l S\n" * 100_000
    packed = b"".join(packer.compress(unit) for _ in range(100)) + packer.flush()
    return one_page(stream(packed, b"/Filter/FlateDecode"))


def form_tree() -> bytes:
    """Return forms that draw the next form ten times each, nine deep."""
    entry = FORM + b"/Resources<</XObject<</X %d 0 R>>/Font<</F1 5 0 R>>>>"
    forms = {10 + at: stream(b"/X Do\n" * 10, entry % (11 + at)) for at in range(9)}
    forms[19] = stream(
        b"BT /F1 9 Tf (boo) Tj ET",
        FORM + b"/Resources<</Font<</F1 5 0 R>>>>",
    )
    return one_page(stream(b"/X Do\n" * 10), forms, b"/XObject<</X 10 0 R>>")


def form_loop() -> bytes:
    """Return a form that draws itself."""
    entry = FORM + b"/Resources<</XObject<</X 10 0 R>>>>"
    return one_page(
        stream(b"/X Do\n"), {10: stream(b"/X Do\n" * 9, entry)}, b"/XObject<</X 10 0 R>>"
    )


def font_bomb(name: bytes) -> bytes:
    """Return a page whose font brings a packed gigabyte."""
    data = zlib.compress(flated(1024), 9)
    more = {
        5: b"<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor 6 0 R/ToUnicode 7 0 R>>",
        6: b"<</Type/FontDescriptor/FontName/X/Flags 4/%s 7 0 R>>" % name,
        7: stream(data, b"/Filter[/FlateDecode/FlateDecode]"),
    }
    return one_page(stream(b"BT /F1 12 Tf 72 700 Td (a) Tj ET"), more)


def page_loop(length: int) -> bytes:
    """Return a page tree that goes round in a circle."""
    nodes = {
        2 + at: b"<</Type/Pages/Kids[%d 0 R]/Count 9/Parent 1 0 R>>" % (2 + (at + 1) % length)
        for at in range(length)
    }
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", **nodes})


def deep_pages() -> bytes:
    """Return a page tree of one branch, a hundred thousand deep, with no page at its end."""
    most = 100_000
    nodes = {at: b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (at + 1) for at in range(2, most)}
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", **nodes, most: KIDS % (b"", 0)})


def many_pages() -> bytes:
    """Return three thousand pages."""
    kids = b" ".join(b"%d 0 R" % (10 + at) for at in range(3000))
    leaves = {10 + at: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>" for at in range(3000)}
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: KIDS % (kids, 3000), **leaves})


def xref_stream(entries: bytes, data: bytes) -> bytes:
    """Return a PDF whose table of objects is a stream."""
    head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    body = b"9 0 obj\n<</Type/XRef/Root 1 0 R/Length %d%s>>\nstream\n%s\nendstream\nendobj\n"
    return head + body % (len(data), entries, data) + b"startxref\n%d\n%%%%EOF\n" % len(head)


def object_stream_bomb() -> bytes:
    """Return a catalog that lies within a packed gigabyte."""
    data = zlib.compress(flated(1024), 9)
    entries = b"/Type/ObjStm/N 100000/First 10/Filter[/FlateDecode/FlateDecode]"
    packed = stream(data, entries)
    head = b"%PDF-1.7\n8 0 obj\n" + packed + b"\nendobj\n"
    rows = b"".join([
        b"\x00\x00\x00\x00\x00", *[b"\x02\x00\x00\x00\x08"] * 7, b"\x01\x00\x00\x00\x09",
        b"\x01" + len(head).to_bytes(4, "big"),
    ])  # fmt: skip
    xref = stream(rows, b"/Type/XRef/Size 10/W[1 4 0]/Root 1 0 R")
    return head + b"9 0 obj\n" + xref + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def picture_alone() -> bytes:
    """Return a page with nothing but a picture that claims ten thousand million points."""
    picture = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8"
    picture += b"/Width 100000/Height 100000"
    more = {10: stream(flated(1), picture + b"/Filter/FlateDecode")}
    return one_page(stream(b"q 600 0 0 700 0 0 cm /X Do Q"), more, b"/XObject<</X 10 0 R>>")


def with_catalog(entries: bytes, more: Mapping[int, bytes] = {}) -> bytes:
    """Return an honest document whose catalog wants something done."""
    words = stream(b"BT /F1 12 Tf 72 700 Td (harmless) Tj ET")
    catalog = b"<</Type/Catalog/Pages 2 0 R%s>>" % entries
    return one_page(words, {1: catalog, **more})


def encrypted(strength: int) -> bytes:
    """Return a document with a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    lock = StandardEncryption("open sesame", ownerPassword="owner", strength=strength)
    canvas = Canvas(out, encrypt=lock)
    canvas.drawString(72, 700, "nobody reads this")
    canvas.save()
    return out.getvalue()


def locked_by(handler: bytes) -> bytes:
    """Return a document locked in a way of its own."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>", 2: KIDS % (b"3 0 R", 1),
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", 4: handler,
    }  # fmt: skip
    ids = b"/Encrypt 4 0 R/ID[<00><00>]"
    return pdf(objects, trailer=ids)


def zipped(name: str, data: bytes) -> bytes:
    """Return a zip with one file in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, data)
    return out.getvalue()


def noise(count: int) -> bytes:
    """Return bytes that mean nothing, always the same."""
    return random.Random(4).randbytes(count)


CATALOG = b"<</Type/Catalog/Pages 2 0 R%s>>"
PNG = b"\x89PNG\r\n\x1a\n" + noise(500)
HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty.pdf": lambda: b"",
    "header-alone.pdf": lambda: b"%PDF-1.7\n",
    "header-and-noise.pdf": lambda: b"%PDF-1.7\n" + noise(200_000),
    "noise.pdf": lambda: noise(200_000),
    "nul.pdf": lambda: b"\0" * 1_000_000,
    "nul-after-header.pdf": lambda: b"%PDF-1.4\n" + b"\0" * 1_000_000,
    "truncated-early.pdf": lambda: honest()[:150],
    "truncated-late.pdf": lambda: many_pages()[:2_000],
    "header-too-late.pdf": lambda: b"#" * 5_000 + honest(),
    "picture.pdf": lambda: PNG,
    "program.pdf": lambda: b"\x7fELF\x02\x01\x01" + noise(5_000),
    "page.pdf": lambda: b"<!doctype html><p>I am a page",
    "word.pdf": lambda: zipped("word/document.xml", b"<w:t>" + b" " * 50_000_000),
    "packed.pdf": lambda: gzip.compress(honest()),
    "encrypted-40.pdf": lambda: encrypted(40),
    "encrypted-128.pdf": lambda: encrypted(128),
    "locked-unknown.pdf": lambda: locked_by(b"<</Filter/Nobody/V 1>>"),
    "locked-aes.pdf": lambda: locked_by(
        b"<</Filter/Standard/V 5/R 6/Length 256/P -4/O(%s)/U(%s)/OE(%s)/UE(%s)>>"
        % (b"o" * 48, b"u" * 48, b"o" * 32, b"u" * 32)
    ),
    "locked-garbled.pdf": lambda: locked_by(b"<</Filter/Standard/V -1/R 99999999999>>"),
    "no-catalog.pdf": lambda: pdf({1: b"<</Type/Nothing>>"}),
    "catalog-is-number.pdf": lambda: pdf({1: b"17"}),
    "catalog-is-itself.pdf": lambda: pdf({1: b"1 0 R"}),
    "pages-missing.pdf": lambda: pdf({1: CATALOG % b""}),
    "pages-of-itself.pdf": lambda: page_loop(1),
    "pages-in-a-circle.pdf": lambda: page_loop(2),
    "pages-in-a-long-circle.pdf": lambda: page_loop(5_000),
    "pages-deep.pdf": deep_pages,
    "pages-many.pdf": many_pages,
    "pages-claimed.pdf": lambda: pdf(
        {1: CATALOG % b"", 2: b"<</Type/Pages/Kids[]/Count 2147483647>>"}
    ),
    "pages-negative.pdf": lambda: pdf({1: CATALOG % b"", 2: b"<</Type/Pages/Kids[]/Count -7>>"}),
    "arrays-deep.pdf": lambda: pdf({1: b"[" * 200_000}),
    "dictionaries-deep.pdf": lambda: pdf({1: b"<</A " * 100_000}),
    "keys-many.pdf": lambda: pdf(
        {1: b"<<%s>>" % b"".join(b"/K%d 0" % at for at in range(200_000))}
    ),
    "table-of-itself.pdf": lambda: (
        b"%PDF-1.4\nxref\n0 0\ntrailer\n<</Size 1/Prev 9/Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    ),
    "table-stream-giant.pdf": lambda: xref_stream(b"/Size 2147483647/W[8 8 8]", b"\0" * 100),
    "table-stream-bomb.pdf": lambda: xref_stream(
        b"/Size 99999999/W[1 4 2]/Filter[/FlateDecode/FlateDecode]", zlib.compress(flated(1024), 9)
    ),
    "object-stream-bomb.pdf": object_stream_bomb,
    "length-of-itself.pdf": lambda: one_page(b"<</Length 4 0 R>>\nstream\n \nendstream"),
    "flate-bomb.pdf": lambda: flate_bomb(1, 1_024),
    "flate-bomb-twice.pdf": lambda: flate_bomb(2, 2_048),
    "flate-bomb-thrice.pdf": lambda: flate_bomb(3, 2_048),
    "run-length-bomb.pdf": run_length_bomb,
    "filters-many.pdf": many_filters,
    "text-bomb.pdf": text_bomb,
    "lines-bomb.pdf": paths_bomb,
    "forms-tree.pdf": form_tree,
    "form-of-itself.pdf": form_loop,
    "font-bomb.pdf": lambda: font_bomb(b"FontFile2"),
    "nul.md": lambda: b"# Title\n\n\0\0\0",
    "noise.md": lambda: noise(10_000),
    "picture.txt": lambda: PNG,
    "packed.txt": lambda: gzip.compress(b"a" * 50_000_000),
    "empty.md": lambda: b" \n\n\t\n",
    "half-wide.txt": lambda: "words".encode("utf-16")[:-1],
    "comment-without-end.html": lambda: b"<p>words<!--" + b"<!-- " * 1_500_000,
    "tag-without-end.html": lambda: b"<p>words<a " + b"b=<a " * 1_500_000,
    "too-large.md": lambda: b"word " * 2_500_000,
}
HARMLESS: dict[str, Callable[[], bytes]] = {
    "table-giant.pdf": lambda: honest("harmless").replace(b"xref\n0 6", b"xref\n0 9999999999"),
    "script.pdf": lambda: with_catalog(
        b"/OpenAction<</S/JavaScript/JS(while(true){app.alert(1)})>>"
    ),
    "launch.pdf": lambda: with_catalog(b"/OpenAction<</S/Launch/F(/bin/sh)>>"),
    "xfa.pdf": lambda: with_catalog(
        b"/AcroForm<</XFA 10 0 R/Fields[]>>",
        {10: stream(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>')},
    ),
    "attached.pdf": lambda: with_catalog(
        b"/Names<</EmbeddedFiles<</Names[(a) 10 0 R]>>>>",
        {
            10: b"<</Type/Filespec/F(a)/EF<</F 11 0 R>>>>",
            11: stream(flated(64), b"/Type/EmbeddedFile/Filter/FlateDecode"),
        },
    ),
}
"""What wants something done that is not done: each is read as the one word that it says."""
