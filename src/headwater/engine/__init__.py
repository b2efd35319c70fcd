"""The spine: ask, plan, run, call, attempt."""
