"""What a stranger's URL may lead to is decided by what it leads to, however it is written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hostile_urls import GOOD_LITERALS, GOOD_LITERALS6, LOCAL4, LOCAL6
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from headwater.policy.egress import Egress, is_public


@pytest.mark.parametrize("address", [*LOCAL4, *LOCAL6])
def test_what_not_everyone_reaches_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", [*GOOD_LITERALS, *GOOD_LITERALS6])
def test_what_everyone_reaches_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_within_another_is_judged_as_it_is(address: IPv4Address) -> None:
    number = int(address)
    for prefix in (0xFFFF << 32, 0x64_FF9B << 96):
        assert is_public(IPv6Address(prefix | number)) == is_public(address)
    for prefix in (0, 0xFFFF << 48, 0x64_FF9B_0001 << 80, 0x2001_0000 << 96):
        assert not is_public(IPv6Address(prefix | number))
    assert not is_public(IPv6Address(0x2002 << 112 | number << 80))


@given(st.ip_addresses(v=6))
def test_only_what_is_given_out_of_ipv6_is_public(address: IPv6Address) -> None:
    stands_for_ipv4 = int(address) >> 32 in {0xFFFF, 0x64_FF9B << 64}
    assert not is_public(address) or stands_for_ipv4 or int(address) >> 125 == 1


@given(st.from_regex(r"https://[a-zA-Z0-9@:/\\?#.%\[\]_-]{1,30}", fullmatch=True))
def test_a_url_that_is_taken_has_the_same_host_for_whoever_reads_it(url: str) -> None:
    egress = Egress()
    if egress.problem(url) is None:
        authority = url.removeprefix("https://").split("/")[0].split("?")[0]
        assert (URL(url, encoded=True).host or "").lower() in authority.lower()
        assert "@" not in authority


def test_what_the_operator_allows_is_allowed_there_alone() -> None:
    egress = Egress(["dev.local:8080", " 127.0.0.1 ", "", "[::1]:9000"])
    assert egress.problem("http://dev.local:8080/hook") is None
    assert egress.problem("http://DEV.local:8080/hook") is None
    assert egress.problem("http://127.0.0.1:99/") is None
    assert egress.problem("http://[::1]:9000/") is None
    for url in (
        "http://dev.local/",
        "http://dev.local:8081/",
        "http://[::1]/",
        "https://127.0.0.2/",
    ):
        assert egress.problem(url) is not None
    assert not Egress().allows("127.0.0.1", 443)
