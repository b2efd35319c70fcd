"""Vectors of texts are kept alike behind every adapter."""

from __future__ import annotations

from contract.estates import MINE, OTHERS, Ports
from contract.places import MOST
from headwater.analysis.embeddings import pack


async def test_what_was_kept_is_known_to_its_tenant_and_for_its_model_alone(estate: Ports) -> None:
    one, two = pack([1, 2]), pack([3, 4])
    await estate.embeddings.keep({"a": one, "b": two}, model="m", principal=MINE)
    ask = ["b", "nope", "a", "a"]
    known = await estate.embeddings.known(ask, model="m", principal=MINE)
    assert known == {"a": one, "b": two}
    assert await estate.embeddings.known(ask, model="other", principal=MINE) == {}
    assert await estate.embeddings.known(ask, model="m", principal=OTHERS) == {}
    assert await estate.embeddings.known([], model="m", principal=MINE) == {}
    await estate.embeddings.keep({}, model="m", principal=MINE)


async def test_a_vector_kept_again_takes_the_old_ones_place(estate: Ports) -> None:
    await estate.embeddings.keep({"a": pack([1, 2])}, model="m", principal=MINE)
    await estate.embeddings.keep({"a": pack([2, 1])}, model="m", principal=MINE)
    known = await estate.embeddings.known(["a"], model="m", principal=MINE)
    assert known == {"a": pack([2, 1])}


async def test_the_ones_kept_longest_make_room(estate: Ports) -> None:
    digests = [f"{number:03}" for number in range(2 * MOST)]
    for digest in digests:
        await estate.embeddings.keep({digest: pack([1])}, model="m", principal=MINE)
    known = await estate.embeddings.known(digests, model="m", principal=MINE)
    assert digests[-1] in known
    assert digests[0] not in known
    assert len(known) <= MOST
