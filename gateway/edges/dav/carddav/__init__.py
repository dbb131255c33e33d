"""CardDAV (RFC 6352): a person's address books, and the national one to be searched."""

from gateway.edges.dav.carddav.kind import AddressBooks

__all__ = ["AddressBooks"]
