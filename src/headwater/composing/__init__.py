"""Outcomes to answers; pure, it asks nobody."""
