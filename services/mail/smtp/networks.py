"""Which network a peer is in."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def within(peer: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of them; an IPv4 address may come in the clothes of IPv6."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
