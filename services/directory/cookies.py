"""What a browser holds for the pages that we serve: `<session>.<proof>`, of no use to whoever reads the database.

The proof is an HMAC of the session and its random seed under the service's key; the session's end is the cookie's.
"""

import hmac

from services.directory.domain.sessions import Session
from services.directory.refreshing import SESSION_ID, as_text
from services.directory.sealing import Sealer

_PURPOSE = "browser-cookie"


class Cookies:
    """Issues and recognises them."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def issue(self, session: Session) -> str:
        return f"{session.id}.{as_text(self._proofs(session)[0])}"

    def named(self, value: str) -> str:
        """The session that a cookie speaks of; empty when it is no cookie of ours."""
        session_id, _, proof = value.partition(".")
        return session_id if proof and SESSION_ID.fullmatch(session_id) else ""

    def proven(self, value: str, session: Session) -> bool:
        """Whether we issued it."""
        given = value.partition(".")[2].encode("utf-8")
        return any(hmac.compare_digest(given, as_text(proof).encode("ascii")) for proof in self._proofs(session))

    def _proofs(self, session: Session) -> list[bytes]:
        return self._sealer.proofs(_PURPOSE, f"{session.id}.{session.seed}")
