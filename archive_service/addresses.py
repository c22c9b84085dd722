"""Network addresses: what counts as one place, and which addresses belong to a list."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

#: Hosts of one network share this much of an IPv6 address.
_NETWORK_BITS = 64


def network_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, for a host has as many numbers there as it likes."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((known, _NETWORK_BITS), strict=False))


def within(address: str, networks: Iterable[str]) -> bool:
    """Say whether an address is one of, or lies in one of, the networks written as 10.0.0.1 or 10.0.0.0/8.

    Raises ValueError when a network cannot be read; an address that cannot be read lies in none.
    """
    read = [ipaddress.ip_network(one.strip(), strict=False) for one in networks if one.strip()]
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return any(known in network for network in read)
