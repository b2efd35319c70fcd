"""What authors of tools need for their tests; nothing at run time imports it."""

from headwater.testing.clock import jumping_clock
from headwater.testing.harness import Harness, open_harness
from headwater.testing.scripted import Script, blocking, plain, scripted

__all__ = [
    "Harness",
    "Script",
    "blocking",
    "jumping_clock",
    "open_harness",
    "plain",
    "scripted",
]
