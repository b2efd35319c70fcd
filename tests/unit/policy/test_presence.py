"""Who is in a room is who any process says is there, for as long as it goes on saying so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.policy.presence import Change, Presence

EXPIRES_S = 6.0
OWN = "own"
WORDS = st.lists(
    st.tuples(
        st.sampled_from([OWN, "b", "c"]),
        st.integers(1, 2),
        st.frozensets(st.sampled_from(["ann", "bert", "eve"])),
        st.floats(0, 5),
    ),
    max_size=30,
)


@given(WORDS)
def test_changes_told_one_by_one_lead_to_who_is_there(
    words: list[tuple[str, int, frozenset[str], float]],
) -> None:
    presence, seen, said = Presence(OWN, expires_s=EXPIRES_S), set[tuple[int, str]](), {}
    now_s = 0.0
    for process, room, people, later_s in words:
        now_s += later_s
        said[process, room] = people, now_s
        for change in [
            *presence.say(process, room, people, now_s=now_s),
            *presence.expire(now_s),
        ]:
            one = change.room, change.person
            assert (one not in seen) == change.came, "who is there does not come again"
            (seen.add if change.came else seen.discard)(one)
        expected = {
            (room, person)
            for (process, room), (people, at_s) in said.items()
            if process == OWN or at_s > now_s - EXPIRES_S
            for person in people
        }
        assert seen == expected
        for number in (1, 2):
            here = sorted(person for at, person in expected if at == number)
            assert list(presence.present(number)) == here


def test_who_is_there_by_two_processes_leaves_with_the_second() -> None:
    presence = Presence(OWN, expires_s=EXPIRES_S)
    assert presence.say(OWN, 7, ["ann"], now_s=0) == [Change(7, "ann", came=True)]
    assert presence.say("b", 7, ["ann"], now_s=0) == []
    assert presence.say(OWN, 7, [], now_s=1) == []
    assert presence.held(7) == ()
    assert presence.expire(7.0) == [Change(7, "ann", came=False)]
