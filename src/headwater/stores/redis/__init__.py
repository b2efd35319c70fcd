"""Adapters on Redis, for what the replicas of one service share; nothing in it is kept for good."""
