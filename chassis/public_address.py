"""Which addresses are anybody's on the Internet: what others' DNS names must not lead into our own networks."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IPv4 within IPv6 (RFC 6052): a translator nearby would take it there.
_TRANSLATED = IPv6Network("64:ff9b::/96")
# All of IPv6 that was given to anybody (RFC 4291 §2.4): site-local addresses, segment identifiers, translators' own
# prefixes and whatever comes next stand beside it.
_GIVEN = IPv6Network("2000::/3")
# Documentation (RFC 9637), and IPv4 for protocols (RFC 6890), of which Python knows a part.
_DOCUMENTATION, _PROTOCOLS = IPv6Network("3fff::/20"), IPv4Network("192.0.0.0/24")


def is_public(address: str) -> bool:
    """False for what is no address as well. What leads on to IPv4 within IPv6 (mapped, 6to4, Teredo, NAT64) counts as
    what it leads to."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return all(map(_is_given, _with_embedded(found)))


def _is_given(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        given = address not in _PROTOCOLS
    else:
        given = address in _TRANSLATED or (address in _GIVEN and address not in _DOCUMENTATION)
    return given and address.is_global and not address.is_multicast


def _with_embedded(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    yield address
    if isinstance(address, IPv6Address):
        yield from (each for each in (address.sixtofour, *(address.teredo or ())) if each is not None)
        if address in _TRANSLATED:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
