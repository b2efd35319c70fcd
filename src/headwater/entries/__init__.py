"""Entries decode, await one method of the app, encode; they decide nothing."""
