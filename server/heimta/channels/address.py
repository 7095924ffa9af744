"""Which IP addresses a push may be sent to: global unicast, and nothing that hides another address.

The host names are already known push services (model/endpoint.py); this is the second lock,
against a name that resolves into our own network (a poisoned or rebinding DNS).
`is_global` alone is not enough: it is True for NAT64 and 6to4 addresses, which carry an IPv4
address such as 127.0.0.1 inside, and Python versions disagree about some ranges.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_REFUSED = tuple(
    ipaddress.ip_network(net)
    for net in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and some clouds' metadata service
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/8",  # unspecified, loopback, IPv4-mapped and IPv4-compatible
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local use
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fc00::/7",
        "fe80::/9",  # link-local and the old site-local
        "ff00::/8",
    )
)


class AddressRefused(OSError):
    """A name resolved to an address that no push service has."""


def is_public(address: str) -> bool:
    """True only for a global unicast address. Never raises; what is no address is not public."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return ip.is_global and not any(ip in net for net in _REFUSED if net.version == ip.version)


class PublicResolver(AbstractResolver):
    """Resolves for aiohttp's connector, which connects to exactly what this returns.

    So there is no second look-up between check and connect. One bad address among good ones
    refuses the name: a real push service has none.
    """

    def __init__(self, inner: Callable[[], AbstractResolver] = ThreadedResolver) -> None:
        self._inner = inner()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for entry in found:
            if not is_public(entry["host"]):
                raise AddressRefused(f"{host} resolves to {entry['host']}, which is not a public address")
        return found

    async def close(self) -> None:
        await self._inner.close()
