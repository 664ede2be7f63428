"""Where this server may call when somebody else names the address: nowhere inside, unless the operator says so.

The address is judged after the name has been looked up, and the connection is made to the very address that was judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 2000  # characters of an address
LOOPBACK: Final = ("127.0.0.0/8", "::1", "localhost")
_NAT64: Final = ip_network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, kw_only=True)
class Outward:
    """What is allowed.

    secure    https and nothing else
    hosts     names, in small letters, that may stand for any address
    networks  addresses that may be called though they are inside
    """

    secure: bool = True
    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def listing(cls, listed: Iterable[str], *, secure: bool) -> Outward:
        """Return what an operator's list allows: networks, addresses and names. Raises ValueError."""
        hosts: set[str] = set()
        networks = []
        for one in filter(None, (each.strip().lower() for each in listed)):
            try:
                networks.append(ip_network(one))
            except ValueError:
                if not all(part.replace("-", "a").isalnum() for part in one.split(".")):
                    raise
                hosts.add(one)
        return cls(secure=secure, hosts=frozenset(hosts), networks=tuple(networks))

    def fault(self, url: str) -> str:
        """Return what is wrong with an address, in English; "" when it may be tried."""
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname or ""
        except ValueError:
            return "not an address"
        if len(url) > LONGEST or not url.isprintable() or " " in url or parts.fragment or not host or port == 0:
            return "not a whole address"
        if parts.scheme not in (("https",) if self.secure else ("https", "http")):
            return "the address must begin with https://"
        if parts.username is not None or parts.password is not None:
            return "no user and password in an address; a header takes them"
        try:
            literal = ip_address(host)
        except ValueError:
            return ""
        return "" if self.permits(host, literal) else "the address is inside, where nobody is called"

    def permits(self, host: str, address: Address) -> bool:
        """Tell whether `address`, which the name `host` led to, may be called."""
        outer = _unwrapped(address)
        if host.lower() in self.hosts or any(one in network for one in (address, outer) for network in self.networks):
            return True
        return outer.is_global and not (outer.is_multicast or outer.is_reserved or outer.is_unspecified)


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
