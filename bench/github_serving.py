"""The stand-in of GitHub in a process of its own, with as many issues as are wanted.

It prints where it is, and goes on until its input ends.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import anyio
from anyio import to_thread

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from github_standin import GitHubStandin


async def serve(issues: int, limit: int, window_s: float) -> None:
    """Serve until standard input ends."""
    standin = GitHubStandin()
    repo = standin.repository()
    for number in range(1, issues + 1):
        standin.open_issue(repo, f"issue {number}", body="What happened, and when. " * 20)
    standin.late_s, standin.limit, standin.window_s = 0.03, limit, window_s
    async with standin.served() as url:
        print(url, flush=True)
        while line := await to_thread.run_sync(sys.stdin.readline):
            if line.strip() == "anew":  # a new window, full again
                standin.used, standin.reset_at = 0, 0.0
                print("anew", flush=True)


def main() -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=5_000)
    parser.add_argument("--limit", type=int, default=30)
    parser.add_argument("--window-s", type=float, default=6.0)
    given = parser.parse_args()
    anyio.run(serve, given.issues, given.limit, given.window_s)


if __name__ == "__main__":
    main()
