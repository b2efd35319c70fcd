import gzip
from pathlib import Path

import pytest
from gathering import gather, reasons
from hypothesis import given
from hypothesis import strategies as st

from headwater.model.load import Rows
from headwater.model.metric import SampleRecord
from headwater.sources.bundle.read import bundle_supply
from headwater.sources.bundle.samples import read_samples
from headwater.sources.bundle.write import BundleWriter

HEADER = "metric,ci,at,value\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cpu,a,1700000000,nan", "finite"),
        ("cpu,a,1700000000,inf", "finite"),
        ("cpu,a,1700000000,1e999", "finite"),
        ("cpu,a,1700000000,1_0", "finite"),
        ("cpu,a,1700000000,", "finite"),
        ("cpu,a,1700000000", "3 columns instead of 4"),
        ("cpu,a,1700000000,1,2", "5 columns instead of 4"),
        ("cpu,a,tomorrow,1", "no instant"),
        ("cpu,a,1700000000000,1", "outside the years"),
        (",a,1700000000,1", "metric must be one line"),
        ("cpu,a\x00,1700000000,1", "ci must be one line"),
        ('cpu,"a,1700000000,1', "unexpected end of data"),
    ],
)
@pytest.mark.parametrize("before", ["", "cpu,a,1700000000,1\n" * 3])
def test_a_bad_sample_names_its_line_and_the_reason(
    tmp_path: Path, before: str, line: str, reason: str
) -> None:
    found = reasons(tmp_path, "samples.csv", f"{HEADER}{before}{line}\ncpu,a,1700000300,2\n")
    assert list(found) == [2 + before.count("\n")]
    assert reason in found[2 + before.count("\n")]


def test_a_bad_byte_spoils_its_own_line_only(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_bytes(f"{HEADER}cpu,a,1,1\n".encode() + b"cpu,\xe4,2,2\ncpu,a,3,3\n")
    records, rows = gather(bundle_supply(path).samples, skip_bad=True)
    assert [record[2] for record in records] == [1_000_000, 3_000_000]
    assert [(bad.line, bad.reason) for bad in rows.bad_lines] == [(3, "ci is not UTF-8")]


@pytest.mark.parametrize("packed", [False, True])
def test_instants_may_be_iso_text_or_seconds_and_columns_in_any_order(
    tmp_path: Path, *, packed: bool
) -> None:
    text = "value, AT ,metric,ci\r\n1.5,2026-01-01T00:00:00Z,cpu,a\r\n2,1767225600.25,cpu,a\r\n"
    path = tmp_path / ("samples.csv.gz" if packed else "samples.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    records, rows = gather(bundle_supply(path).samples)
    assert records == [
        ("cpu", "a", 1_767_225_600_000_000, 1.5),
        ("cpu", "a", 1_767_225_600_250_000, 2.0),
    ]
    assert rows.read_bytes == path.stat().st_size


def test_a_file_without_a_header_is_read_from_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("cpu,a,5,1\ncpu,a,6,2\n")
    assert [one[2] for one in gather(bundle_supply(path).samples)[0]] == [5_000_000, 6_000_000]


def test_a_header_with_other_columns_is_refused(tmp_path: Path) -> None:
    found = reasons(tmp_path, "samples.csv", "metric,ci,time,value\n")
    assert "the header must be metric,ci,at,value" in found[1]


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda name: name.strip() == name and name.lower() not in {"metric", "value"}
)
SAMPLES = st.lists(
    st.tuples(
        NAMES,
        NAMES,
        st.integers(-62_135_596_800_000_000, 253_402_300_799_000_000),
        st.floats(allow_nan=False, allow_infinity=False),
    )
)


@given(SAMPLES)
def test_samples_written_are_read_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, samples: list[SampleRecord]
) -> None:
    writer = BundleWriter(tmp_path_factory.mktemp("bundle"))
    writer.samples(samples)
    writer.save()
    rows: Rows[SampleRecord] = Rows("samples.csv")
    assert [one for _, one in read_samples(writer.folder / "samples.csv", rows)] == samples
