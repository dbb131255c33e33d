"""An authorization code: what a login at the browser is worth to the client that sent it there, for a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# RFC 9700 §2.1.1 asks for short; a client exchanges it at once.
CODE_LIFETIME = timedelta(seconds=60)


@dataclass(frozen=True)
class Code:
    """`session_id` is the login it was given in; the strength of that login is the one the client was promised."""

    client_id: str
    account_id: str
    session_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    nonce: str
    amr: tuple[str, ...]
    authenticated_at: datetime
    expires_at: datetime
