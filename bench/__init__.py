"""How fast Headwater is, bar by bar, as ratios within one run; it is never part of the checks."""
