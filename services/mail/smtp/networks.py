"""Which network a peer is in."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

from chassis.networks import address_of

Network = IPv4Network | IPv6Network


def within(peer: str, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of them."""
    address = address_of(peer)
    return address is not None and any(address in network for network in networks)
