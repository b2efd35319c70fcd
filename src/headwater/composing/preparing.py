"""What is loaded before the first review, so that its time is not spent on it; it composes none."""

from __future__ import annotations


def prepare() -> None:
    """Load what reviews are composed with, and compute with it once: the first time is slow."""
    import headwater.composing.reviewed  # noqa: F401
    from headwater.analysis.baseline import warm_up

    warm_up()
