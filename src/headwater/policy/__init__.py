"""Pure machines that only decide: no I/O, no clock, no dice, no loop."""
