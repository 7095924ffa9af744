"""Who an address counts for, where connections or tries are counted by who makes them."""

from __future__ import annotations

from ipaddress import IPv6Address


def peer_of(host: str) -> str:
    """An IPv4 address, or the /64 that one IPv6 customer has to themselves; what is no address, as it is."""
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host.partition("%")[0])
    except ValueError:  # a proxy may forward anything
        return host
    if address.ipv4_mapped is not None:  # else all of IPv4 would be one customer
        return str(address.ipv4_mapped)
    return f"{int(address) >> 64:x}::"
