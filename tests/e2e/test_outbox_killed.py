"""Processes that send notices are killed at many points: none is lost, and none sent twice unseen.

A real mail server takes the letters. It kills the process that hands one over at a point of the
hand-over, or the test does at a moment of its own. A letter may be taken twice only where the
process that had handed it over was killed before it told that this was written down, and has the
same Message-ID then. Processes are forked off one that has imported everything: that is quicker.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope
from mail_server import MailServer, mail_server

NURSERY = r"""
import os, sys
from datetime import UTC, datetime
from pathlib import Path

import anyio

from headwater.app.posting import Poster
from headwater.app.under_way import UnderWay
from headwater.model.notice import Notice
from headwater.model.principal import Principal
from headwater.services.jobs import DbosJobs
from headwater.services.mailer.mime import sender_of
from headwater.services.mailer.smtp import SmtpMailer, read_smtp_url

FOLDER, URL = sys.argv[1:]
ME = Principal("acme", "ann", ("operator",))
ENDED = {"sent", "refused", "gave_up", "cancelled"}


def mark(text):
    os.write(1, f"{text}\n".encode())


def notice(number):
    kind = ("summary", "alert", "invitation")[number % 3]
    facts = {"team": "ops", "role": "member", "code": "c", "title": f"t{number}", "by": "ann",
             "project": "p", "goal": "g", "expires_at": "soon"}
    return Notice(key=f"k{number}", kind=kind, to=f"to{number}@example.org",
                  made_at=datetime.now(UTC), facts=facts)


async def look(outbox, last):
    told = set()
    while True:
        posted = await outbox.recent(limit=1000, principal=ME)
        for one in posted:
            if one.status in ENDED and one.id not in told:
                told.add(one.id)
                mark(f"ended {one.id} {one.status} {one.tries} {one.to}")
        mark("tick")
        if len(posted) >= last and len(told) == len(posted):
            break
        await anyio.sleep(0.03)


async def main(first, last, at_once):
    mailer = SmtpMailer(read_smtp_url(URL), sender_of("h@example.org"), authorities=None)
    url = f"sqlite:///{FOLDER}/jobs.db"
    opened = DbosJobs.open(url, folder=Path(FOLDER) / "jobs", at_once=1, notices_at_once=at_once)
    async with opened as jobs:
        poster = Poster(jobs.outbox, UnderWay(), mailer=mailer, courier=None, webhooks=None,
                        sealer=None)
        async with jobs.claims(), anyio.create_task_group() as group:
            group.start_soon(poster.work)
            for number in range(first, last):
                await jobs.outbox.post(notice(number), principal=ME)
                mark(f"posted {number}")
            await look(jobs.outbox, last)
            group.cancel_scope.cancel()


for line in sys.stdin:
    child = os.fork()
    if not child:
        os.setsid()
        anyio.run(main, *map(int, line.split()))
        os._exit(0)
    mark(f"pid {child}")
    mark(f"gone {os.waitpid(child, 0)[1]}")
"""
STAGES = ("mail", "rcpt", "data", "taken", "posted", "tick")
EACH = 2
"""Notices that each process is to post; all of them are sent by the last."""


class Nursery:
    """Forks off processes that post and send, and tell by lines how far they are."""

    def __init__(self, folder: Path, url: str) -> None:
        script = folder / "nursery.py"
        script.write_text(NURSERY)
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(folder), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._pid = 0

    def lines(self, first: int, last: int, *, at_once: int) -> Iterator[list[str]]:
        """Fork a process, and give what it tells, word by word, until it has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{first} {last} {at_once}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            words = line.split()
            if words[0] == "pid":
                self._pid = int(words[1])
            if words[0] == "gone":
                assert int(words[1]) in {0, signal.SIGKILL}
                return
            yield words

    def kill(self) -> None:
        """End the process as a power cut does."""
        os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """End it all."""
        self._process.kill()
        self._process.communicate()


class Campaign:
    """Kills one process after another, and looks whether each letter came as often as it may."""

    def __init__(self, nursery: Nursery, server: MailServer, *, seed: int) -> None:
        self._nursery = nursery
        self._server = server
        self._dice = random.Random(seed)
        self._posted = 0
        self._written_down: set[str] = set()
        """Letters of which a process has told that it is written down that they were sent."""
        self.kills: Counter[str] = Counter()

    def run(self, stage: str | None) -> None:
        """Run a process, and kill it at a stage, counted from a letter of chance."""
        number = self._dice.randrange(1, EACH + 1)
        seen: Counter[str] = Counter()

        def reached(at: str, _: Envelope | None = None) -> None:
            seen[at] += 1
            if at == stage and seen[at] == number:
                self.kills[at] += 1
                self._nursery.kill()

        self._server.hook = reached
        taken_before = len(self._server.taken)
        written_down = set(self._written_down)
        last = self._posted + (EACH if stage else 0)
        at_once = self._dice.choice((1, 4)) if stage else 8
        for words in self._nursery.lines(self._posted, last, at_once=at_once):
            if words[0] == "posted":
                self._posted = int(words[1]) + 1
            if words[0] == "ended":
                assert words[2] == "sent", words
                self._written_down.add(f"<{words[1]}@example.org>")
            if words[0] in {"posted", "tick"}:
                reached(words[0])
        self._server.wait_idle()
        taken = Counter(self._server.ids[taken_before:])
        assert set(taken.values()) <= {1}, "one process sent a letter twice"
        assert not taken.keys() & written_down, "a letter was sent that was known to be"

    def check(self) -> int:
        """Check what the mail server has taken in the end; return how often it was again."""
        to_of = {str(one["Message-ID"]): str(one["To"]) for one in self._server.mails}
        assert set(to_of) == self._written_down
        assert set(to_of.values()) >= {f"to{number}@example.org" for number in range(self._posted)}
        assert len(set(to_of.values())) == len(to_of), "a notice went out under two Message-IDs"
        assert len({bytes(one) for one in self._server.taken}) == len(to_of), "one was changed"
        return len(self._server.taken) - len(to_of)


def run_campaign(folder: Path, kills: int, *, seed: int) -> tuple[int, Campaign]:
    """Kill so many processes, let one send what is left, and return how many letters came again."""
    with mail_server() as server:
        nursery = Nursery(folder, server.url(query="?tls=never"))
        try:
            campaign = Campaign(nursery, server, seed=seed)
            for number in range(kills):
                campaign.run(STAGES[number % len(STAGES)])
            campaign.run(None)
            return campaign.check(), campaign
        finally:
            nursery.close()


def test_nothing_is_lost_or_doubled_unseen_at_a_kill_of_each_stage(tmp_path: Path) -> None:
    again, campaign = run_campaign(tmp_path, len(STAGES), seed=5)
    assert sum(campaign.kills.values()) >= 4  # some processes are done before their stage
    assert again <= EACH * len(STAGES)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(11))
def test_nothing_is_lost_or_doubled_unseen_at_twenty_kills_of_each_seed(
    seed: int, tmp_path: Path
) -> None:
    again, campaign = run_campaign(tmp_path, 20, seed=seed)
    print(f"\n{dict(campaign.kills)} kills, {again} letters came again")  # noqa: T201
    assert sum(campaign.kills.values()) >= 15
