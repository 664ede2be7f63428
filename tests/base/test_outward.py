"""Where this server calls and where it never does."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from akson.base.outward import LOOPBACK, Outward

STRICT = Outward()
LISTED = Outward.listing(["10.20.0.0/16", "Mottak.kommune.example", ""], secure=True)


@pytest.mark.parametrize("address", [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
])  # fmt: skip
def test_nothing_inside_is_called(address: str) -> None:
    assert not STRICT.permits("somewhere.example", ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_what_is_outside_may_be_called(address: str) -> None:
    assert STRICT.permits("somewhere.example", ip_address(address))


def test_an_operator_may_list_networks_and_names() -> None:
    assert LISTED.permits("x", ip_address("10.20.3.4")) and LISTED.permits("x", ip_address("::ffff:10.20.3.4"))
    assert not LISTED.permits("x", ip_address("10.21.3.4"))
    assert LISTED.permits("MOTTAK.kommune.example", ip_address("192.168.7.7"))
    assert Outward.listing(LOOPBACK, secure=False).permits("localhost", ip_address("::1"))


@pytest.mark.parametrize("url", [
    "", "https://", "http://outside.example/", "ftp://outside.example/", "https://a:b@outside.example/", "https://x.example/#y",
    "https://x.example/a b", "https://x.example:0/", "https://x.example:99999/", "https://[::1]/", "https://127.0.0.1/x",
    "https://10.0.0.1", "https://x.example/\n", "https://x.example/" + "a" * 2000, "javascript:alert(1)", "https://[::1",
])  # fmt: skip
def test_an_address_that_is_not_whole_or_not_safe_is_refused_before_it_is_looked_up(url: str) -> None:
    assert STRICT.fault(url)


def test_a_whole_address_outside_is_fine() -> None:
    assert STRICT.fault("https://receiver.example:8443/hooks/1?key=2") == ""
    assert Outward(secure=False).fault("http://receiver.example/") == ""


@pytest.mark.parametrize("listed", ["10.0.0.0/33", "a_b", "http://x"])
def test_a_list_that_makes_no_sense_is_told(listed: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        Outward.listing([listed], secure=True)
