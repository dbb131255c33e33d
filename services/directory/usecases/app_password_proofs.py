"""What is kept of an app password: an HMAC under the service's key, bound to the account, so that a lookup finds it."""

from services.directory.sealing import Sealer

_PURPOSE = "app-password"


def app_password_proofs(sealer: Sealer, account_id: str, secret: str) -> list[str]:
    """The first one is to be kept, all are to be looked for."""
    return [proof.hex() for proof in sealer.proofs(_PURPOSE, f"{account_id}.{secret}")]
