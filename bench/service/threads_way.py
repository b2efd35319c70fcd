"""The same endpoints in a pool of threads that holds all users: `blocking_way` as plain `def`."""

from __future__ import annotations

from bench.service.blocking_way import main

if __name__ == "__main__":
    main()
