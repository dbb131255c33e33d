"""Refresh tokens: opaque, good once, and of no use to whoever reads the database.

A token is `<session>.<generation>.<proof>`; the proof is an HMAC of the session, its random seed and the generation
under the service's key. So any token that was ever issued is recognised without being stored: one of an earlier
generation has been stolen or repeated, and ends the session (RFC 9700 §4.14.2); a forged one does nothing at all.
"""

import base64
import hmac
import re

from services.directory.domain.sessions import Session
from services.directory.sealing import Sealer

SESSION_ID = re.compile(r"[0-9A-Z]{26}")
_TOKEN = re.compile(r"([0-9A-Z]{26})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})")
# What is issued for one purpose is none for another: a client's token is no use at the workspace's own refresh.
WORKSPACE, OPENID = "refresh-token", "openid-refresh-token"


class RefreshTokens:
    """Issues and recognises refresh tokens of a purpose."""

    def __init__(self, sealer: Sealer, purpose: str = WORKSPACE) -> None:
        self._sealer = sealer
        self._purpose = purpose

    def issue(self, session: Session, generation: int) -> str:
        proof = self._sealer.proofs(self._purpose, _said(session, generation))[0]
        return f"{session.id}.{generation}.{as_text(proof)}"

    def named(self, token: str) -> tuple[str, int] | None:
        """The session and generation that a token speaks of; None when it is no token at all."""
        parts = _TOKEN.fullmatch(token)
        return (parts[1], int(parts[2])) if parts else None

    def proven(self, token: str, session: Session, generation: int) -> bool:
        """Whether we issued it."""
        given = token.rpartition(".")[2]
        proofs = self._sealer.proofs(self._purpose, _said(session, generation))
        return any(hmac.compare_digest(given, as_text(proof)) for proof in proofs)


def _said(session: Session, generation: int) -> str:
    return f"{session.id}.{session.seed}.{generation}"


def as_text(proof: bytes) -> str:
    """A proof as tokens carry it."""
    return base64.urlsafe_b64encode(proof).rstrip(b"=").decode("ascii")
