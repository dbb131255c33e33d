"""The keys that verify what the provider signs for clients."""

from typing import Any

from services.directory.usecases.context import Directory


async def openid_keys(directory: Directory) -> list[dict[str, Any]]:
    """JSON Web Keys: RSA first, which every client knows; Ed25519 under the name that clients know (RFC 8037 §3.1)."""
    rsa = [{**key, "alg": "RS256"} for key in await directory.openid.keys.public()]
    elliptic = [{**key, "alg": "ES256"} for key in await directory.openid.elliptic.public()]
    return [*rsa, *elliptic, *({**key, "alg": "EdDSA"} for key in await directory.keys.public())]
