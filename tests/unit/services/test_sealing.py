"""Whether a secret opens for what it belongs to, and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import StoreFault, UsageError
from headwater.ports.sealer import Sealer
from headwater.services.not_sealing import NoSealer
from headwater.services.sealing import FernetSealer

OLD, NEW = "the old key, of at least 32 characters", "the new key, of at least 32 characters"


def sealer(*keys: str) -> Sealer:
    return FernetSealer(keys or (NEW,))


@given(text=st.text(max_size=200), about=st.text(max_size=40))
def test_what_was_sealed_opens_as_what_it_belongs_to(text: str, about: str) -> None:
    sealed = sealer().seal(text, about=about)
    assert sealer().open(sealed, about=about) == text


def test_a_sealed_text_shows_neither_the_secret_nor_what_it_belongs_to() -> None:
    one, other = (sealer().seal("ghp_canary", about="github/1") for _ in range(2))
    assert "canary" not in one
    assert "github" not in one
    assert one != other


def test_a_secret_does_not_open_as_another_ones() -> None:
    sealed = sealer().seal("ghp_canary", about="github/1")
    with pytest.raises(StoreFault, match="github/2") as refused:
        sealer().open(sealed, about="github/2")
    assert refused.value.code == "sealing.unreadable"
    assert "canary" not in str(refused.value)


def test_every_character_counts() -> None:
    sealed = sealer().seal("ghp_canary", about="github/1")
    for place in range(0, len(sealed) - 2, 7):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(StoreFault):
            sealer().open(sealed[:place] + other + sealed[place + 1 :], about="github/1")


def test_an_old_key_opens_what_it_sealed_and_the_new_one_seals() -> None:
    before = sealer(OLD).seal("token", about="a")
    both = sealer(NEW, OLD)
    assert both.open(before, about="a") == "token"
    assert not both.is_current(before)
    after = both.seal("token", about="a")
    assert both.is_current(after)
    assert sealer(NEW).open(after, about="a") == "token"
    with pytest.raises(StoreFault):
        sealer(NEW).open(before, about="a")


def test_without_a_key_no_secret_is_kept() -> None:
    for refuse in (NoSealer().seal, NoSealer().open):
        with pytest.raises(UsageError, match="HEADWATER_SEALING_KEY") as refused:
            refuse("ghp_canary", about="the token of acme/shop")
        assert refused.value.code == "sealing.off"
        assert "canary" not in str(refused.value)
    assert NoSealer().is_current("anything")


@pytest.mark.parametrize("keys", [(), ("short",), (NEW, "short")])
def test_a_key_that_is_too_short_is_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="openssl rand") as refused:
        FernetSealer(keys)
    assert refused.value.code == "settings.bad"
