"""Adapters that keep data."""
