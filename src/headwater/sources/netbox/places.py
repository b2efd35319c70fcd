"""In which site an object stands, by way of what it is part of; it names nothing."""

from __future__ import annotations

from headwater.sources.netbox.dump import Dump, Ref

MAX_STEPS = 8
_TOWARDS_SITE = (
    ("site", "dcim.site"),
    ("location", "dcim.location"),
    ("rack", "dcim.rack"),
    ("device", "dcim.device"),
    ("power_panel", "dcim.powerpanel"),
    ("virtual_machine", "virtualization.virtualmachine"),
    ("cluster", "virtualization.cluster"),
    ("master", "dcim.device"),
)


def site_of(dump: Dump, ref: Ref) -> Ref | None:
    """Return the site that an object stands in, or None; a site stands in itself."""
    at: Ref | None = ref
    for _ in range(MAX_STEPS):
        if at is None or at.model == "dcim.site":
            return at
        at = _next(dump, at)
    return None


def _next(dump: Dump, ref: Ref) -> Ref | None:
    fields = dump.get(ref)
    for field, model in _TOWARDS_SITE:
        found = dump.refer(model, fields.get(field))
        if found is not None:
            return found
    scope = dump.generic(fields.get("scope_type"), fields.get("scope_id"))
    termination = dump.generic(fields.get("termination_type"), fields.get("termination_id"))
    within = scope or termination
    return within if within and within.model in {"dcim.site", "dcim.location"} else None
