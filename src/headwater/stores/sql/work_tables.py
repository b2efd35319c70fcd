"""Which tables does work have? They are the estate's too, beside those of `tables.py`.

It runs nothing. What was deleted keeps its row with `deleted_at`. A write of any of them begins by
raising the tenant's data version of `work`, so that there is one order of locks: that row first.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, UniqueConstraint

from headwater.stores.sql.column_types import Document, Id, Instant, LongText, exact
from headwater.stores.sql.tables import NAME_CHARS, TENANT_CHARS, estate, tenant

PERSON_CHARS = NAME_CHARS
WORD_CHARS = 16
"""Roles, kinds, statuses, types."""
REF_CHARS = 400
"""Issues, pull requests, repositories."""
EMAIL_CHARS = 320
RUN_CHARS = 64
KIND_CHARS = 64
"""Kinds of activity."""


def number() -> Column[int]:
    """Make the column of an id that is nobody else's."""
    return Column("id", Id, primary_key=True, autoincrement=True)


team = Table(
    "team",
    estate,
    number(),
    tenant(),
    Column("deleted_at", Instant),
    Column("name", exact(NAME_CHARS), nullable=False),
    Column("description", LongText),
    Column("created_at", Instant, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("ix_team_live", "tenant_id", "deleted_at", "id"),
    sqlite_autoincrement=True,
)

team_member = Table(
    "team_member",
    estate,
    tenant(primary_key=True),
    Column("team_id", BigInteger, primary_key=True, autoincrement=False),
    Column("person", exact(PERSON_CHARS), primary_key=True),
    Column("role", exact(WORD_CHARS), nullable=False),
    Column("email", exact(EMAIL_CHARS)),
    Column("since", Instant, nullable=False),
    Index("ix_team_member_person", "tenant_id", "person", "team_id"),
    sqlite_with_rowid=False,
)

invitation = Table(
    "team_invitation",
    estate,
    number(),
    tenant(),
    Column("team_id", BigInteger, nullable=False),
    Column("code", exact(64), nullable=False),
    Column("role", exact(WORD_CHARS), nullable=False),
    Column("email", exact(EMAIL_CHARS)),
    Column("uses", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("tenant_id", "code", name="uq_team_invitation_code"),
    Index("ix_team_invitation_team", "tenant_id", "team_id", "id"),
    sqlite_autoincrement=True,
)

project = Table(
    "project",
    estate,
    number(),
    tenant(),
    Column("team_id", BigInteger, nullable=False),
    Column("deleted_at", Instant),
    Column("name", exact(NAME_CHARS), nullable=False),
    Column("description", LongText),
    Column("status", exact(WORD_CHARS), nullable=False),
    Column("tags", Document, nullable=False),
    Column("repository", exact(REF_CHARS)),
    Column("constraints", Document, nullable=False),
    Column("leaves", BigInteger, nullable=False),
    Column("finished", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("ix_project_team", "tenant_id", "team_id", "deleted_at", "id"),
    sqlite_autoincrement=True,
)
"""`leaves` counts those of its work that were not dropped, `finished` those of them that are."""

work_item = Table(
    "work_item",
    estate,
    number(),
    tenant(),
    Column("project_id", BigInteger, nullable=False),
    Column("deleted_at", Instant),
    Column("parent_id", BigInteger),
    Column("kind", exact(WORD_CHARS), nullable=False),
    Column("title", exact(NAME_CHARS), nullable=False),
    Column("description", LongText),
    Column("own_status", exact(WORD_CHARS), nullable=False),
    Column("status", exact(WORD_CHARS), nullable=False),
    Column("priority", BigInteger, nullable=False),
    Column("assignee", exact(PERSON_CHARS)),
    Column("due", exact(10)),
    Column("blocker", LongText),
    Column("runs", Document, nullable=False),
    Column("documents", Document, nullable=False),
    Column("issue", exact(REF_CHARS)),
    Column("pull_request", exact(REF_CHARS)),
    Column("became", BigInteger),
    Column("children", BigInteger, nullable=False),
    Column("leaves", BigInteger, nullable=False),
    Column("finished", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("version", BigInteger, nullable=False),
    Index("ix_work_item_project", "tenant_id", "project_id", "deleted_at", "priority", "id"),
    Index("ix_work_item_parent", "tenant_id", "parent_id", "deleted_at", "id"),
    Index("ix_work_item_assignee", "tenant_id", "assignee", "deleted_at", "priority", "id"),
    Index("ix_work_item_issue", "tenant_id", "project_id", "issue"),
    sqlite_autoincrement=True,
)
"""`own_status` is what it has without children; `status` what it has with them."""

work_ci = Table(
    "work_ci",
    estate,
    tenant(primary_key=True),
    Column("owner", exact(WORD_CHARS), primary_key=True),
    Column("owner_id", BigInteger, primary_key=True, autoincrement=False),
    Column("ci_id", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_work_ci", "tenant_id", "ci_id", "owner", "owner_id"),
    sqlite_with_rowid=False,
)
"""Which configuration items a project or an item of work is about; `owner` says which of these."""

dependency = Table(
    "work_dependency",
    estate,
    tenant(primary_key=True),
    Column("source_id", BigInteger, primary_key=True, autoincrement=False),
    Column("target_id", BigInteger, primary_key=True, autoincrement=False),
    Column("type", exact(WORD_CHARS), primary_key=True),
    Column("project_id", BigInteger, nullable=False),
    Index("ix_work_dependency_target", "tenant_id", "target_id", "source_id"),
    Index("ix_work_dependency_project", "tenant_id", "project_id"),
    sqlite_with_rowid=False,
)

session = Table(
    "work_session",
    estate,
    number(),
    tenant(),
    Column("project_id", BigInteger, nullable=False),
    Column("goal", LongText, nullable=False),
    Column("started_by", exact(PERSON_CHARS), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("summary", LongText),
    Column("version", BigInteger, nullable=False),
    Index("ix_work_session_project", "tenant_id", "project_id", "id"),
    sqlite_autoincrement=True,
)

session_person = Table(
    "work_session_person",
    estate,
    number(),
    tenant(),
    Column("session_id", BigInteger, nullable=False),
    Column("person", exact(PERSON_CHARS), nullable=False),
    Column("joined_at", Instant, nullable=False),
    Column("left_at", Instant),
    UniqueConstraint("tenant_id", "session_id", "person", name="uq_work_session_person"),
    Index("ix_work_session_person", "tenant_id", "person", "session_id"),
    sqlite_autoincrement=True,
)
"""Who is in a session, or was until `left_at`."""

session_run = Table(
    "work_session_run",
    estate,
    number(),
    tenant(),
    Column("session_id", BigInteger, nullable=False),
    Column("run_id", exact(RUN_CHARS), nullable=False),
    UniqueConstraint("tenant_id", "session_id", "run_id", name="uq_work_session_run"),
    sqlite_autoincrement=True,
)

session_note = Table(
    "work_session_note",
    estate,
    number(),
    tenant(),
    Column("session_id", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", exact(PERSON_CHARS), nullable=False),
    Column("text", LongText, nullable=False),
    Column("done", BigInteger, nullable=False),
    Index("ix_work_session_note", "tenant_id", "session_id", "id"),
    sqlite_autoincrement=True,
)

activity = Table(
    "activity",
    estate,
    number(),
    tenant(),
    Column("team_id", BigInteger, nullable=False),
    Column("project_id", BigInteger),
    Column("seq", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", exact(PERSON_CHARS), nullable=False),
    Column("kind", exact(KIND_CHARS), nullable=False),
    Column("object_type", exact(WORD_CHARS), nullable=False),
    Column("object_id", exact(PERSON_CHARS), nullable=False),
    Column("version", BigInteger),
    Column("title", exact(NAME_CHARS), nullable=False),
    Column("changes", Document, nullable=False),
    UniqueConstraint("tenant_id", "project_id", "seq", name="uq_activity_seq"),
    Index("ix_activity_id", "tenant_id", "id"),
    sqlite_autoincrement=True,
)
"""`object_id` is JSON: a number, or a person's name."""

activity_due = Table(
    "activity_due",
    estate,
    Column("activity_id", BigInteger, primary_key=True, autoincrement=False),
    Column("tenant_id", exact(TENANT_CHARS), nullable=False),
    sqlite_with_rowid=False,
)
"""Which activities nobody was notified of yet; outside every wall, to learn whose they are."""
