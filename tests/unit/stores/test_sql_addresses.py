"""A URL of a server is read as it is written, and refused by what is wrong with it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import UsageError
from headwater.stores.sql.addresses import is_server_url, read_address

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("url", "shown", "tls"),
    [
        ("postgresql://u:p@h/n", "postgresql://u@h:5432/n", "prefer"),
        ("postgres://u@h:1/n", "postgresql://u@h:1/n", "prefer"),
        ("mysql://u:p@[::1]/n", "mysql://u@[::1]:3306/n", "prefer"),
        ("mariadb://u:p@h/n?sslmode=disable", "mysql://u@h:3306/n", "disable"),
        ("postgresql://u:p@h/n?sslmode=verify-full&sslrootcert=/x", "postgresql://u@h:5432/n",
         "verify-full"),
    ],
)  # fmt: skip
def test_a_url_is_shown_without_its_password(url: str, shown: str, tls: str) -> None:
    address = read_address(url)
    assert (str(address), address.tls) == (shown, tls)


@given(user=TEXTS, password=TEXTS, name=TEXTS.filter(lambda text: "/" not in text))
def test_whatever_is_written_with_percent_signs_comes_back(
    user: str, password: str, name: str
) -> None:
    quoted = [quote(each, safe="") for each in (user, password, name)]
    address = read_address("postgresql://{}:{}@host/{}".format(*quoted))
    assert (address.user, address.password, address.name) == (user, password, name)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://h/n", "a user"),
        ("postgresql://u:canary@/n", "a host"),
        ("postgresql://u:canary@h", "a name"),
        ("postgresql://u:canary@h/a/b", "has a /"),
        ("postgresql://u:canary@h:x/n", "port"),
        ("postgresql://u:can#ary@h/n", "port"),
        ("postgresql://u:canary@h/n?connect_timeout=5", "connect_timeout"),
        ("mysql://u:canary@h/n?charset=latin1", "charset"),
        ("mysql://u:canary@h/n?sslmode=maybe", "maybe"),
        ("mysql://u:canary@h/n?sslrootcert=/x", "verify-full"),
    ],
)
def test_what_is_wrong_is_named_and_the_password_is_not(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        read_address(url)
    assert caught.value.code == "database.bad_url"
    assert "canary" not in caught.value.message
    assert "ary" not in caught.value.message.partition(";")[0].replace("library", "")


def test_only_servers_are_servers() -> None:
    assert is_server_url("mariadb://u@h/n")
    assert not is_server_url("sqlite:///x.db")
    assert not is_server_url("postgresql")
