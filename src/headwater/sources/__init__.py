"""Adapters that bring others' data."""
