"""Who is asking: identities, the tokens that prove them, and the sessions that ended early."""

from chassis.identity.identity import PLATFORM_CLIENT, Grant, Identity, acting_as, current_identity, identity_or_none
from chassis.identity.revocations import Revocation, Revocations
from chassis.identity.tokens import ALGORITHM, AUDIENCE, ISSUER, TokenVerifier

__all__ = [
    "ALGORITHM",
    "AUDIENCE",
    "ISSUER",
    "PLATFORM_CLIENT",
    "Grant",
    "Identity",
    "Revocation",
    "Revocations",
    "TokenVerifier",
    "acting_as",
    "current_identity",
    "identity_or_none",
]
