"""WebSocket: the live runs of a tenant."""
