"""What is gone of the rows that are held is found by counting, whatever is gone."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, MetaData, Table, bindparam, create_engine

from headwater.stores.sql.gone_rows import PARTS, gone_of, spans_of

TABLE = Table(
    "row",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("tenant_id", BigInteger),
)
SPANS = spans_of(TABLE.c.id, TABLE.c.tenant_id == bindparam("tenant"))


@settings(max_examples=60, deadline=None)
@given(
    held=st.sets(st.integers(1, 2_000), max_size=4 * PARTS),
    others=st.sets(st.integers(1, 3_000), max_size=50),
    dice=st.randoms(use_true_random=False),
    share=st.sampled_from([0.0, 0.02, 0.5, 1.0]),
)
def test_the_gone_are_named_and_no_others(
    held: set[int], others: set[int], dice: object, share: float
) -> None:
    gone = {one for one in held if dice.random() < share}  # type: ignore[attr-defined]
    added = {3_001, 3_002}
    rows = [(one, 1) for one in (held - gone) | added] + [(one, 2) for one in others - held - added]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.create(connection)
        connection.exec_driver_sql("INSERT INTO row (id, tenant_id) VALUES (?, ?)", rows)
        found = gone_of(connection, SPANS, {"tenant": 1}, held=np.array(sorted(held), np.int64))
    engine.dispose()
    assert found.tolist() == sorted(gone)


@pytest.mark.parametrize("gone", [0, 7_777])
def test_of_many_rows_few_ids_are_read(gone: int) -> None:
    engine, read = create_engine("sqlite://"), list[int]()
    with engine.begin() as connection:
        TABLE.create(connection)
        rows = [(one, 1) for one in range(1, 10_001) if one != gone]
        connection.exec_driver_sql("INSERT INTO row (id, tenant_id) VALUES (?, ?)", rows)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.row_factory = lambda _, row: read.append(1) or row
        found = gone_of(connection, SPANS, {"tenant": 1}, held=np.arange(1, 10_001))
    engine.dispose()
    assert found.tolist() == ([gone] if gone else [])
    assert len(read) <= 2 * 10_000 // PARTS
