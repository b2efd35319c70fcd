"""Which paths are treated apart, by whoever sees them first; it answers at none."""

from __future__ import annotations

LIVEZ = "/livez"
READYZ = "/readyz"
OPEN = frozenset((LIVEZ, READYZ, "/metrics", "/openapi.json"))
"""Paths that need no key, and are answered whatever else goes on."""
WEBHOOK = "/v1/github/webhook"
SIGNED = frozenset((WEBHOOK,))
"""Paths that need no key, for what comes there is signed."""
UPLOAD = "/v1/load"
DOCUMENTS = "/v1/documents"
UPLOADS = frozenset((UPLOAD, DOCUMENTS))
"""Paths to which more is sent than a request's body may hold elsewhere."""
ALIVE = b'{"status":"alive"}'
"""What is said at `LIVEZ`."""
