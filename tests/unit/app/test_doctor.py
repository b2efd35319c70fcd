"""What is wrong with an installation is named, with what to do."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from mail_server import mail_server

from headwater import AsyncHeadwater
from headwater.app.doctor import examine

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])


async def found(url):
    return {one.name: one for one in await examine(url)}


async def test_an_estate_that_is_well_passes_every_look(tmp_path, monkeypatch):
    monkeypatch.delenv("HEADWATER_DATABASE", raising=False)
    url = f"sqlite:///{tmp_path / 'estate.db'}"
    async with AsyncHeadwater.open(url) as hw:
        await hw.run({"steps": [{"id": "a", "tool": "ci.search", "args": {}}]})
    checks = await found(url)
    assert {one.status for one in checks.values()} == {"ok"}, checks
    assert {"configuration", "sqlite", "permissions", "disk", "database", "clock"} <= set(checks)


async def test_an_estate_that_is_not_there_yet_is_not_made_by_looking(tmp_path):
    path = tmp_path / "estate.db"
    checks = await found(f"sqlite:///{path}")
    assert checks["database"].status == "warning"
    assert "headwater load" in checks["database"].advice
    assert not path.exists()


async def test_a_file_that_is_no_database_fails_and_is_named(tmp_path):
    path = tmp_path / "estate.db"
    path.write_text("no database at all, but long enough to be read as one" * 100)
    checks = await found(f"sqlite:///{path}")
    assert checks["database"].status == "failed"
    assert str(path) in checks["database"].message
    assert "store.not_a_database" in checks["database"].advice


async def test_another_programs_database_fails(tmp_path):
    path = tmp_path / "estate.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (id)")
    connection.close()
    assert (await found(f"sqlite:///{path}"))["database"].status == "failed"


async def test_a_misspelt_setting_is_named(monkeypatch):
    monkeypatch.setenv("HEADWATER_DATABSE", "memory:")
    check = (await found("memory:"))["configuration"]
    assert check.status == "warning"
    assert "HEADWATER_DATABSE" in check.message


async def test_a_bad_setting_ends_the_looks_with_its_reason(monkeypatch):
    monkeypatch.setenv("HEADWATER_BUDGET_S", "a while")
    (check,) = await examine("memory:")
    assert check.status == "failed"
    assert "budget_s" in check.message.lower()


async def test_a_collector_that_nobody_runs_is_told(monkeypatch):
    monkeypatch.setenv("HEADWATER_OTEL_ENDPOINT", "http://127.0.0.1:9")
    check = (await found("memory:"))["traces"]
    assert check.status == "failed"


async def test_a_clock_behind_the_newest_run_is_told(tmp_path):
    url = f"sqlite:///{tmp_path / 'estate.db'}"
    async with AsyncHeadwater.open(url) as hw:
        result = await hw.run({"steps": [{"id": "a", "tool": "ci.search", "args": {}}]})
    ahead = datetime.now(UTC) + timedelta(hours=3)
    with sqlite3.connect(tmp_path / "estate.runs.db") as connection:
        micros = int(ahead.timestamp() * 1e6)
        connection.execute("UPDATE run SET asked_at = ? WHERE run_id = ?", (micros, result.run_id))
    connection.close()
    check = (await found(url))["clock"]
    assert check.status == "warning"
    assert "from now" in check.message


async def test_a_redis_that_nobody_runs_is_told_beside_an_estate_that_is_well(
    tmp_path, monkeypatch
):
    url = f"sqlite:///{tmp_path / 'estate.db'}"
    async with AsyncHeadwater.open(url):
        pass
    monkeypatch.setenv("HEADWATER_REDIS", "redis://127.0.0.1:1")
    checks = await found(url)
    assert (checks["database"].status, checks["clock"].status) == ("ok", "ok")
    assert checks["redis"].status == "failed"


async def test_mail_is_looked_at_where_it_is_set(monkeypatch, tmp_path):
    assert "mail" not in await found("memory:")
    monkeypatch.setenv("HEADWATER_MAIL_FROM", "Headwater <hw@example.org>")
    assert (await found("memory:"))["mail"].status == "warning"
    with mail_server() as server:
        monkeypatch.setenv("HEADWATER_SMTP_URL", server.url(query="?tls=never"))
        assert (await found("memory:"))["mail"].status == "ok"
        assert server.taken == []
    gone = (await found("memory:"))["mail"]
    assert (gone.status, "mail.unreachable" in gone.advice) == ("failed", True)
    monkeypatch.setenv("HEADWATER_SMTP_URL", "smtp://user:canary@")
    wrong = (await found("memory:"))["mail"]
    assert (wrong.status, "canary" in repr(wrong)) == ("failed", False)
    monkeypatch.setenv("HEADWATER_MAIL_FOLDER", str(tmp_path))
    two = (await found("memory:"))["mail"]
    assert (two.status, "settings.bad" in two.advice) == ("failed", True)
