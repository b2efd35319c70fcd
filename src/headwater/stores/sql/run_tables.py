"""Which tables remember runs? They live in a file of their own; see `tables.py` for the estate."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, MetaData, Table, false

from headwater.stores.sql.column_types import Document, Instant, LongText, exact
from headwater.stores.sql.tables import TENANT_CHARS, tenant

runs = MetaData()

run = Table(
    "run",
    runs,
    tenant(primary_key=True),
    Column("run_id", exact(64), primary_key=True),
    Column("principal", exact(200), nullable=False),
    Column("kind", exact(32), nullable=False),
    Column("text", LongText, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("budget_s", Float(53), nullable=False),
    Column("status", exact(16)),
    Column("summary", LongText),
    Column("elapsed_s", Float(53)),
    Column("private", Boolean, nullable=False, server_default=false()),
    Index("ix_run_asked", "tenant_id", "asked_at", "run_id"),
    sqlite_with_rowid=False,
)

run_event = Table(
    "run_event",
    runs,
    tenant(primary_key=True),
    Column("run_id", exact(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("offset_s", Float(53), nullable=False),
    Column("kind", exact(64), nullable=False),
    Column("where", exact(100), nullable=False),
    Column("step", exact(200)),
    Column("data", Document, nullable=False),
    sqlite_with_rowid=False,
)

run_owner = Table(
    "run_owner",
    runs,
    Column("run_id", exact(64), primary_key=True),
    Column("tenant", exact(TENANT_CHARS), primary_key=True),
    sqlite_with_rowid=False,
)
"""Whose each run is: a look-up across tenants, for who writes knows a run by its id alone."""

model_spending = Table(
    "model_spending",
    runs,
    tenant(primary_key=True),
    Column("scope", exact(64), primary_key=True),
    Column("day", exact(10), nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in (
            "requests",
            "input_tokens",
            "output_tokens",
            "reserved_tokens",
            "micros",
            "reserved_micros",
        )
    ),
    Index("ix_model_spending_day", "tenant_id", "day"),
    sqlite_with_rowid=False,
)
"""What language models took; `scope` is a run's id, or a day as ISO 8601 for all of that day.

It stands here so that no long load of the estate holds up a question to a model.
"""
