"""The same endpoints the blocking way: `async def` that calls sync SQLAlchemy, on the same file.

Run by `python -m bench.service.blocking_way FILE KEY THREADS`; `threads_way` has the same as plain
`def` in a pool of threads. The queries are those of `bench.bare`; a key and its tenant are checked.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any

import uvicorn
from anyio import to_thread
from fastapi import FastAPI, Header, HTTPException
from sqlalchemy import Connection, Engine, create_engine

from bench import bare
from bench.service.slow_query import wait_for_database

COLUMNS = [one.strip().removeprefix("c.") for one in bare.COLUMNS.split(",")]
Way = Callable[[dict[str, Any]], Any]


class Queries:
    """What the endpoints do: a connection of a pool, a query, plain rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def search(self, args: dict[str, Any]) -> Any:
        rows, total = self._with(bare.search, args)
        return {"items": [_item(row) for row in rows], "total": total[0]}

    def get(self, args: dict[str, Any]) -> Any:
        return _item(self._with(bare.get, args))

    def aggregate(self, args: dict[str, Any]) -> Any:
        return {"groups": [list(row) for row in self._with(_aggregate, args)]}

    def series(self, args: dict[str, Any]) -> Any:
        return {"points": [list(row) for row in self._with(bare.points, args)]}

    def slow(self, args: dict[str, Any]) -> Any:
        return {"value": wait_for_database(args["number"])}

    def _with(self, query: Any, args: dict[str, Any]) -> Any:
        with self._engine.connect() as connection:
            return query(Plain(connection), args)


class Plain:
    """A connection of SQLAlchemy as the queries of `bench.bare` want one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Iterable[Any] = ()) -> Any:
        return self._connection.exec_driver_sql(statement, tuple(values))


def _aggregate(connection: Any, args: dict[str, Any]) -> object:
    values = [one["value"] for one in args["filters"]]
    statement = (
        f"SELECT c.type, count(*) FROM configuration_item c WHERE {bare.LIVE} AND c.owner = ? "
        "AND c.location = ? GROUP BY c.type ORDER BY 2 DESC, 1"
    )
    return connection.execute(statement, values).fetchall()


def _item(row: Any) -> dict[str, Any]:
    found = dict(zip(COLUMNS, row, strict=True))
    return found | {name: json.loads(found[name]) for name in ("tags", "attributes")}


class Service:
    """The app; with threads its endpoints are plain functions in so many of them."""

    def __init__(self, file: str, key: str, *, threads: int) -> None:
        pool = threads or 5
        engine = create_engine(f"sqlite:///{file}", pool_size=pool, max_overflow=0, pool_timeout=60)
        self._tenants = {hashlib.sha256(key.encode()).digest(): bare.TENANT}
        self._threads = threads
        self.app = FastAPI()
        for path in ("/livez", "/readyz"):
            self.app.get(path)(self.alive)
        queries = Queries(engine)
        tools: dict[str, Way] = {
            "ci.search": queries.search,
            "ci.get": queries.get,
            "ci.aggregate": queries.aggregate,
            "metric.series_table": queries.series,
            "bench.slow_query": queries.slow,
        }
        for name, way in tools.items():
            self.app.post(f"/v1/tools/{name}")(self._endpoint(way))

    async def alive(self) -> dict[str, str]:
        if self._threads:
            to_thread.current_default_thread_limiter().total_tokens = self._threads
        return {"status": "alive"}

    def _endpoint(self, way: Way) -> Any:
        def in_thread(args: dict[str, Any], authorization: str = Header()) -> Any:
            self._tenant_of(authorization)
            return way(args)

        async def in_loop(args: dict[str, Any], authorization: str = Header()) -> Any:
            self._tenant_of(authorization)
            return way(args)

        return in_thread if self._threads else in_loop

    def _tenant_of(self, authorization: str) -> str:
        found = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
        for digest, tenant in self._tenants.items():
            if hmac.compare_digest(digest, found):
                return tenant
        raise HTTPException(401)


def main(threads: int | None = None) -> None:
    """Serve until stopped."""
    file, key, given = sys.argv[1:4]
    app = Service(file, key, threads=int(given) if threads is None else threads).app
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    print(json.dumps({"address": f"http://127.0.0.1:{bound.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False)
    uvicorn.Server(config).run(sockets=[bound])


in_the_loop = functools.partial(main, 0)

if __name__ == "__main__":
    in_the_loop()
