"""Make up a shop's estate, the same for the same seed and moment, with incidents of known cause."""
