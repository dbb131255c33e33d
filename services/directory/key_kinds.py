"""The kinds of keys that sign: Ed25519 for access tokens, RSA and P-256 for clients that know nothing newer."""

from dataclasses import dataclass
from typing import Any, Protocol

from joserfc.jwk import ECKey, OKPKey, RSAKey

from chassis.identity import ALGORITHM

_EXPONENT = "AQAB"


@dataclass(frozen=True)
class Pair:
    """A key pair: its id, its public half and its private one, as text."""

    kid: str
    public: str
    private: str


class KeyKind(Protocol):
    """How pairs of a kind are made, read and shown; `algorithms` are the names that it signs under."""

    algorithms: tuple[str, ...]
    purpose: str

    def make(self) -> Pair: ...

    def public(self, kid: str, public: str) -> dict[str, Any]:
        """A JSON Web Key (RFC 7517) of the public half."""
        ...

    def private(self, pair: Pair) -> Any: ...


class Ed25519Kind:
    """RFC 8037; under its fully specified name (RFC 9864) and under the one that clients know."""

    algorithms: tuple[str, ...] = (ALGORITHM, "EdDSA")
    purpose = "signing-key"

    def make(self) -> Pair:
        pair = OKPKey.generate_key("Ed25519")
        both = pair.as_dict(private=True)
        return Pair(pair.thumbprint(), str(both["x"]), str(both["d"]))

    def public(self, kid: str, public: str) -> dict[str, Any]:
        return {"kid": kid, "kty": "OKP", "crv": "Ed25519", "x": public, "use": "sig"}

    def private(self, pair: Pair) -> OKPKey:
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": pair.public, "d": pair.private})


class RsaKind:
    """RS256, which every OpenID Connect client has to know (Core §15.1)."""

    algorithms: tuple[str, ...] = ("RS256",)
    purpose = "openid-signing-key"

    def make(self) -> Pair:
        pair = RSAKey.generate_key(2048)
        return Pair(pair.thumbprint(), str(pair.as_dict(private=False)["n"]), pair.as_pem(private=True).decode("ascii"))

    def public(self, kid: str, public: str) -> dict[str, Any]:
        return {"kid": kid, "kty": "RSA", "n": public, "e": _EXPONENT, "use": "sig"}

    def private(self, pair: Pair) -> RSAKey:
        return RSAKey.import_key(pair.private)


class EllipticKind:
    """ES256 (RFC 7518 §3.4), which profiles of finance and health ask for; both coordinates make the public half."""

    algorithms: tuple[str, ...] = ("ES256",)
    purpose = "openid-elliptic-signing-key"

    def make(self) -> Pair:
        pair = ECKey.generate_key("P-256")
        whole = pair.as_dict(private=True)
        return Pair(pair.thumbprint(), f"{whole['x']}.{whole['y']}", str(whole["d"]))

    def public(self, kid: str, public: str) -> dict[str, Any]:
        return {"kid": kid, **self._point(public), "use": "sig"}

    def private(self, pair: Pair) -> ECKey:
        return ECKey.import_key({**self._point(pair.public), "d": pair.private})

    @staticmethod
    def _point(public: str) -> dict[str, str]:
        x, _, y = public.partition(".")
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
