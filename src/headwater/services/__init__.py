"""Adapters to what works for us: jobs, tokens, telemetry, the watch on the loop."""
