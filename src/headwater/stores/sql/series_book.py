"""Which series does a metric have of an item? Known by name and code for a load; it loads none."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from headwater.stores.sql.code_book import read_codes
from headwater.stores.sql.tables import item, metric, series


class SeriesBook:
    """Know the series of each metric and living item, and make those that are missing."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self.tenant = tenant
        self._connection = connection
        names = select(metric.c.name, metric.c.id).where(metric.c.tenant_id == tenant)
        self._metrics = {row[0]: row[1] for row in connection.execute(names)}
        known = (
            select(metric.c.name, item.c.code, series.c.id)
            .join_from(series, metric, metric.c.id == series.c.metric_id)
            .join(item, item.c.id == series.c.ci_id)
            .where(series.c.tenant_id == tenant, item.c.deleted_at.is_(None))
        )
        self.ids = {(row[0], row[1]): row[2] for row in connection.execute(known)}

    @cached_property
    def codes(self) -> dict[str, int]:
        """Return the id of each living item by its code, read when a series is missing."""
        return read_codes(self._connection, self.tenant)

    def make(self, name: str, code: str) -> int:
        """Make the series of a metric, a gauge where it is new, and a living item."""
        if name not in self._metrics:
            gauge = {"tenant_id": self.tenant, "name": name, "kind": "gauge"}
            self._metrics[name] = self._insert(metric, gauge)
        new = {
            "tenant_id": self.tenant,
            "metric_id": self._metrics[name],
            "ci_id": self.codes[code],
        }
        number = self._insert(series, new)
        self.ids[name, code] = number
        return number

    def _insert(self, table: Table, row: dict[str, Any]) -> int:
        key = self._connection.execute(insert(table), row).inserted_primary_key
        assert key is not None  # noqa: S101  the table makes one
        return int(key[0])
