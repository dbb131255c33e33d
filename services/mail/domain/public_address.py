"""Which addresses are anybody's on the Internet: what others' DNS names must not lead into our own networks."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# IPv4 within IPv6 (RFC 6052): a translator nearby would take it there.
_TRANSLATED = ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """False for what is no address as well."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in _with_embedded(found))


def _with_embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    found: list[IPv4Address | IPv6Address] = [address]
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if address in _TRANSLATED:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return found
