"""How long tests wait for what has to come; nothing here says how fast anything is.

Tests run on machines that are slow, and busy with much else. What takes how long is measured in
`bench/`; a test looks at the order of events, at a clock of its own, or at what was counted, and
waits as long as it must: a bound is only there to tell what comes from what never does.
"""

GUARD_S = 120.0
"""Seconds after which what a test waits for is taken never to come: a hundred times the usual."""
PROMPT_S = 10.0
"""Seconds within which comes what waits for nothing, where what it must not wait for takes longer.

Whatever it must not wait for has to take far longer then, an hour or for ever.
"""
