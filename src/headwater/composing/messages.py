"""What is a webhook told? The bytes of its body, the same at every try; it calls nobody."""

from __future__ import annotations

import json

from headwater.model.notice import Notice


def body_of(notice: Notice) -> bytes:
    """Write what a webhook is told, as JSON: `type`, `timestamp` and `data`."""
    told = {
        "type": notice.facts["kind"],
        "timestamp": notice.made_at.isoformat(),
        "data": notice.facts,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
