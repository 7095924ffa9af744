"""Only global unicast addresses are connected to, whatever a name resolves to."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from heimta.channels.address import AddressRefused, PublicResolver, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",  # a cloud's metadata service
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "",
        "localhost",
        "2130706433",
    ],
)
def test_private_and_disguised_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["142.250.74.106", "34.107.243.93", "17.57.144.84", "2a00:1450:400f:80c::200a"]
)
def test_push_services_addresses_are_public(address: str) -> None:
    assert is_public(address)


class Fixed(AbstractResolver):
    """Answers every name with the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=a, port=port, family=family, proto=0, flags=0)
            for a in self.addresses
        ]

    async def close(self) -> None:
        self.asked = -1


async def test_a_name_with_one_private_address_is_refused_whole() -> None:
    resolver = PublicResolver(lambda: Fixed("142.250.74.106", "127.0.0.1"))
    with pytest.raises(AddressRefused, match=r"fcm\.googleapis\.com resolves to 127"):
        await resolver.resolve("fcm.googleapis.com", 443)


async def test_public_addresses_are_handed_on_as_they_came() -> None:
    inner = Fixed("142.250.74.106", "2a00:1450:400f:80c::200a")
    found = await PublicResolver(lambda: inner).resolve("fcm.googleapis.com", 443)
    assert [entry["host"] for entry in found] == list(inner.addresses)
    assert inner.asked == 1
