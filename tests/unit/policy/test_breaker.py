"""The breaker against a slow, obvious model of itself."""

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.policy.breaker import Breaker, BreakerRules

RULES = BreakerRules(window_s=10, least_calls=5, share=0.5, open_s=5, probes=1)


class Model:
    """The same promises, by keeping every end for ever and counting again each time."""

    def __init__(self):
        self.ends = []
        self.open_until = None
        self.probing = 0

    def admit(self, now):
        if self.open_until is None:
            return True
        if now < self.open_until or self.probing >= RULES.probes:
            return False
        self.probing += 1
        return True

    def end(self, now, ok):
        if self.open_until is not None:
            if now >= self.open_until:
                self.open_until = None if ok else now + RULES.open_s
                self.ends, self.probing = [], 0
            return
        self.ends.append((now, ok))
        seen = [one for at, one in self.ends if at > now - RULES.window_s]
        failed = seen.count(False)
        if not ok and len(seen) >= RULES.least_calls and failed >= RULES.share * len(seen):
            self.open_until = now + RULES.open_s
            self.ends, self.probing = [], 0

    def left(self):
        self.probing = max(0, self.probing - 1)


steps = st.lists(
    st.tuples(
        st.floats(min_value=0, max_value=4),
        st.sampled_from(["good", "bad", "bad", "left"]),
    ),
    max_size=100,
)


@settings(max_examples=300, deadline=None)
@given(steps)
def test_it_admits_and_refuses_as_the_model_does(steps):
    breaker, model, now = Breaker(RULES), Model(), 0.0
    for wait_s, end in steps:
        now += wait_s
        admitted = breaker.admit(now) == 0.0
        assert admitted == model.admit(now)
        if not admitted:
            continue
        if end == "left":
            breaker.left()
            model.left()
        elif end == "good":
            breaker.succeeded(now)
            model.end(now, ok=True)
        else:
            breaker.failed(now)
            model.end(now, ok=False)


def test_it_opens_when_half_of_enough_calls_failed_and_says_how_long():
    breaker = Breaker(RULES)
    for _ in range(5):
        assert breaker.admit(1.0) == 0.0
        breaker.failed(1.0)
    assert breaker.state(1.0) == "open"
    assert breaker.admit(2.0) == 4.0


def test_half_open_lets_one_probe_through_whose_success_closes_it():
    breaker = Breaker(RULES)
    for _ in range(5):
        breaker.failed(0.0)
    assert breaker.admit(6.0) == 0.0
    assert breaker.admit(6.0) > 0.0
    breaker.succeeded(6.1)
    assert breaker.state(6.1) == "closed"


def test_a_probe_that_is_cancelled_does_not_leave_it_stuck():
    breaker = Breaker(RULES)
    for _ in range(5):
        breaker.failed(0.0)
    assert breaker.admit(6.0) == 0.0
    breaker.left()
    assert breaker.admit(6.0) == 0.0
