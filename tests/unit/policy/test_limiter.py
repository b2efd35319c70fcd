"""Places for calls, and who is next."""

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from headwater.policy.limiter import Limiter


class Places(RuleBasedStateMachine):
    """Enter, wait, leave and forget in any order: no place is lost, none is given twice."""

    def __init__(self):
        super().__init__()
        self.limiter = Limiter(3)
        self.places = 3
        self.seated = 0
        self.required, self.optional = deque(), deque()
        self.count = 0

    @rule(required=st.booleans())
    def come(self, required):
        if self.limiter.enter():
            assert not self.required
            assert not self.optional
            self.seated += 1
            return
        self.count += 1
        ticket = f"ticket {self.count}"
        self.limiter.wait(ticket, required=required)
        (self.required if required else self.optional).append(ticket)

    @precondition(lambda self: self.seated)
    @rule()
    def leave(self):
        too_many = self.seated > self.places
        following = self.limiter.leave()
        queue = self.required or self.optional
        if queue and not too_many:
            assert following == queue.popleft()
        else:
            assert following is None
            self.seated -= 1

    @precondition(lambda self: self.required or self.optional)
    @rule(data=st.data())
    def forget(self, data):
        ticket = data.draw(st.sampled_from([*self.required, *self.optional]))
        assert self.limiter.forget(ticket)
        (self.required if ticket in self.required else self.optional).remove(ticket)

    @rule(places=st.integers(1, 5))
    def resize(self, places):
        seated = self.limiter.resize(places)
        self.places = places
        for ticket in seated:
            assert ticket == (self.required or self.optional).popleft()
            self.seated += 1

    @rule()
    def forget_nobody(self):
        assert not self.limiter.forget("stranger")

    @invariant()
    def counts_agree(self):
        assert self.limiter.taken == self.seated <= 5
        assert not (self.limiter.waiting and self.seated < self.places)
        assert self.limiter.waiting == len(self.required) + len(self.optional)


Places.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestPlaces = Places.TestCase


@given(st.integers(1, 5), st.integers(0, 30))
def test_whoever_comes_is_served_in_order(places, comers):
    limiter, served, waiting = Limiter(places), [], 0
    for n in range(comers):
        if limiter.enter():
            served.append(n)
        else:
            limiter.wait(n, required=True)
            waiting += 1
    while waiting:
        served.append(limiter.leave())
        waiting -= 1
    assert served == list(range(comers))
