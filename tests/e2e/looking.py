"""Asks a server whether it lives, from a process of its own: `python looking.py HOST PORT`.

Says `ready` once the server is, and at the end of stdin how long each answer took, as JSON: whoever
holds a thousand connections in its own loop would measure that loop.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time

EVERY_S = 0.05


def asked(line: http.client.HTTPConnection, path: str) -> int:
    line.request("GET", path)
    reply = line.getresponse()
    reply.read()
    return reply.status


def main() -> None:
    enough, took_s = threading.Event(), list[float]()
    line = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=120)
    while asked(line, "/readyz") != 200:
        enough.wait(EVERY_S)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.read(), enough.set()), daemon=True).start()
    while not enough.wait(EVERY_S):
        began_at = time.perf_counter()
        assert asked(line, "/livez") == 200
        took_s.append(time.perf_counter() - began_at)
    sys.stdout.write(json.dumps(took_s))


if __name__ == "__main__":
    main()
