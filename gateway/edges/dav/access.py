"""Whose something is, and who may do what with it (RFC 3744), as its service decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chassis.identity import Identity
from gateway.edges.dav.names import dav

# A privilege with those that it holds (RFC 3744 §3).
Privileges: TypeAlias = Mapping[str, "Privileges"]

READING = (dav("read"), dav("read-acl"), dav("read-current-user-privilege-set"))
WRITING = tuple(map(dav, ("write", "write-properties", "write-content", "bind", "unbind")))
WEBDAV: Privileges = {
    dav("all"): {
        dav("read"): {name: {} for name in READING[1:]},
        dav("write"): {name: {} for name in WRITING[1:]},
    }
}


@dataclass(frozen=True)
class Grant:
    """What somebody may do. Nobody changes it by ACL: what is protected stays, the others are changed elsewhere."""

    address: str
    privileges: Sequence[str]


@dataclass(frozen=True)
class Access:
    """`privileges` are those of the one who asks; `grants` stand beside the owner's own, and are told to the owner."""

    # An address; empty for what is everybody's.
    owner: str
    privileges: Sequence[str]
    grants: Sequence[Grant] = ()
    supported: Privileges = field(default_factory=lambda: WEBDAV)

    def may(self, privilege: str) -> bool:
        return dav(privilege) in self.privileges

    @property
    def writable(self) -> bool:
        """Whether what is within may be changed."""
        return self.may("write-content")


def own(identity: Identity, address: str) -> bool:
    """Whether an address is one of those of the one who asks."""
    return address.lower() in {identity.address, *identity.aliases}


def owned(owner: str, *, writable: bool = True) -> Access:
    """What is all one's own, and nobody else's."""
    return Access(owner, (*READING, *WRITING) if writable else READING)
