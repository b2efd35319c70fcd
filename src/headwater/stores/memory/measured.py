"""How metrics and samples come into memory; it reads none of them back."""

from __future__ import annotations

from headwater.analysis.records import metric_problem, sample_problem
from headwater.model.load import LoadCount, Rows
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.stores.memory.estate import MemoryEstate, Samples, Tenant, watched


def load_metrics(tenant: Tenant, rows: Rows[MetricRecord], *, replace: bool) -> LoadCount:
    """Add and update metrics by name; one that `replace` removes takes its samples along."""
    held = dict(tenant.samples.metrics)
    seen: set[str] = set()
    added = changed = 0
    for line, record in watched(rows):
        if problem := metric_problem(record):
            rows.bad(line, problem)
            continue
        added += record.name not in held
        changed += record.name in held and held[record.name] != record
        held[record.name] = record
        seen.add(record.name)
    kept = {
        name: metric
        for name, metric in held.items()
        if name in seen or not replace or not _owned(tenant, name, rows.scope)
    }
    old = tenant.samples
    tenant.samples = Samples(
        metrics=kept,
        series={key: series for key, series in old.series.items() if key[0] in kept},
        series_ids={key: number for key, number in old.series_ids.items() if key[0] in kept},
    )
    removed = len(held) - len(kept)
    return LoadCount(read=rows.read, added=added, changed=changed, removed=removed)


def load_samples(
    estate: MemoryEstate, tenant: Tenant, rows: Rows[SampleRecord], *, replace: bool
) -> LoadCount:
    """Add and update samples; `replace` removes those not in `rows`, and series left empty."""
    metrics = dict(tenant.samples.metrics)
    held = {key: dict(series) for key, series in tenant.samples.series.items()}
    seen: set[tuple[str, int, int]] = set()
    added = changed = 0
    for line, record in watched(rows):
        name, code, at_us, value = record
        ci = tenant.items.live_id(code)
        problem = f"no item has the code {code!r}" if ci is None else sample_problem(record)
        if ci is None or problem:
            rows.bad(line, str(problem))
            continue
        metrics.setdefault(name, MetricRecord(name=name))
        series = held.setdefault((name, ci), {})
        added += at_us not in series
        changed += series.get(at_us, value) != value
        series[at_us] = float(value)
        seen.add((name, ci, at_us))
    before = sum(len(series) for series in held.values())
    if replace:
        held = {
            key: {
                at: value
                for at, value in series.items()
                if (*key, at) in seen or not tenant.items.owned(key[1], rows.scope)
            }
            for key, series in held.items()
        }
    kept = {key: series for key, series in held.items() if series}
    tenant.samples = Samples(
        metrics=metrics, series=kept, series_ids=_numbered(estate, tenant, kept)
    )
    removed = before - sum(len(series) for series in kept.values())
    return LoadCount(read=rows.read, added=added, changed=changed, removed=removed)


def _owned(tenant: Tenant, metric: str, scope: set[str] | None) -> bool:
    """Tell whether a metric is measured of items from the sources in scope, and of no others."""
    measured = [ci for name, ci in tenant.samples.series if name == metric]
    owned = all(tenant.items.owned(ci, scope) for ci in measured)
    return owned and (bool(measured) or scope is None)


def _numbered(
    estate: MemoryEstate, tenant: Tenant, kept: dict[tuple[str, int], dict[int, float]]
) -> dict[tuple[str, int], int]:
    old = tenant.samples.series_ids
    return {key: old.get(key) or estate.next_id("series") for key in kept}
