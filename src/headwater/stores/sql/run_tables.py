"""Which tables remember runs? They live in a file of their own; see `tables.py` for the estate."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, MetaData, Table

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
