"""Which of the shortest paths is taken? Searched from both ends by whole levels; no SQL here.

Of several, the one whose ids, read from the source, are smallest: always the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from headwater.stores.sql.walking import Walk

Links = dict[int, list[int]]


@dataclass(slots=True)
class End:
    """One end of the search: what it reached so far, and how each level was reached.

    `levels[n]` leads from each item reached at n + 1 relations to those that it was reached from.
    """

    start: int
    reached: set[int] = field(default_factory=set)
    frontier: set[int] = field(default_factory=set)
    levels: list[Links] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin at the start."""
        self.reached.add(self.start)
        self.frontier.add(self.start)

    def advance(self, walk: Walk, *, back: bool) -> None:
        """Go one relation further in all directions at once."""
        links: Links = {}
        for at, to in walk.steps(self.frontier, back=back):
            if to not in self.reached:
                links.setdefault(to, []).append(at)
        self.levels.append(links)
        self.frontier = set(links)
        self.reached |= self.frontier


def shortest(walk: Walk, ends: tuple[int, int], *, max_hops: int) -> list[int] | None:
    """Return the ids along the path from the first end to the second, or None.

    The smaller frontier is advanced, so that neither end floods the estate. When the frontiers
    first meet, every shortest path leads through the items where they do.
    """
    ahead, behind = End(ends[0]), End(ends[1])
    while not (meeting := ahead.frontier & behind.frontier):
        done = len(ahead.levels) + len(behind.levels)
        if done >= max_hops or not ahead.frontier or not behind.frontier:
            return None
        if len(ahead.frontier) <= len(behind.frontier):
            ahead.advance(walk, back=False)
        else:
            behind.advance(walk, back=True)
    return _smallest(ahead, behind, meeting)


def _smallest(ahead: End, behind: End, meeting: set[int]) -> list[int]:
    onward = _towards(ahead, meeting)
    path = [ahead.start]
    for links in [*onward, *reversed(behind.levels)]:
        path.append(min(links[path[-1]]))
    return path


def _towards(ahead: End, meeting: set[int]) -> list[Links]:
    """Turn the levels round and keep what leads to the meeting: from each item to the next."""
    onward: list[Links] = []
    wanted = meeting
    for links in reversed(ahead.levels):
        turned: Links = {}
        for to in wanted:
            for at in links[to]:
                turned.setdefault(at, []).append(to)
        onward.append(turned)
        wanted = set(turned)
    return onward[::-1]
