"""Addresses of peers, and the networks that they are in."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def address_of(peer: str) -> IPv4Address | IPv6Address | None:
    """None for what is no address; an IPv4 address may come in the clothes of IPv6."""
    try:
        address = ip_address(peer)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def network(peer: str, *, ipv4: int = 32, ipv6: int = 64) -> str:
    """What counts as one client: an IPv4 address, or the /64 that one IPv6 subscriber has (RFC 6177); or the network of
    so many bits. What is no address stays as it is."""
    address = address_of(peer)
    if address is None:
        return peer
    bits = ipv4 if address.version == 4 else ipv6
    return str(address) if bits == address.max_prefixlen else str(ip_network((address, bits), strict=False))
