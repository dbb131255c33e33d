"""Which client asks, by the one proof that it is registered with."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from services.directory.domain.authorization import OAuthFault
from services.directory.domain.clients import BASIC, CERTIFICATE, POST, PRIVATE_KEY, PUBLIC, Client, distinguished_name
from services.directory.refreshing import as_text
from services.directory.usecases.context import Directory

ASSERTION_TYPE = JWTBearerClientAssertion.CLIENT_ASSERTION_TYPE
ASSERTION_ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
MAX_ASSERTION_OCTETS = 8192
# An assertion that is good for longer would have to be remembered for longer.
LONGEST_ASSERTION_SECONDS = 3600
_SECRET = "client-secret"  # noqa: S105 - the purpose of a proof
_WRONG = "The client is unknown, or its proof is wrong"


@dataclass(frozen=True)
class Proof:
    """How a client proves itself, as far as HTTP shows it; `certificate` (DER) comes from a verified handshake."""

    basic_id: str = ""
    basic_secret: str = ""
    malformed: bool = False
    certificate: bytes = b""


class _Assertion(JWTBearerClientAssertion):
    """The claims of RFC 7523 §3 as authlib checks them; that none comes twice, the database says."""

    def __init__(self, issuer: str) -> None:
        super().__init__(validate_jti=False, leeway=30)
        self._issuer = issuer

    def get_audiences(self) -> list[str]:
        return [self._issuer, *(f"{self._issuer}/oidc/{endpoint}" for endpoint in ("token", "introspect", "revoke"))]


def secret_proof(directory: Directory, client_id: str, secret: str) -> str:
    """What is kept of a secret: 256 random bits need no slow hash."""
    return directory.sealer.proofs(_SECRET, f"{client_id}.{secret}")[0].hex()


def thumbprint(certificate: bytes) -> str:
    """`x5t#S256` of RFC 8705 §3.1; empty without a certificate. Raises `OAuthFault` for what is none."""
    return as_text(_certificate(certificate).fingerprint(SHA256())) if certificate else ""


async def authenticate_client(directory: Directory, parameters: Mapping[str, str], proof: Proof) -> Client:
    """The client of a request to an endpoint. Raises `OAuthFault` (`invalid_client`, `invalid_request`)."""
    method, client_id = _claimed(parameters, proof)
    client = await directory.openid.clients.find(client_id)
    if client is None or client.disabled:
        raise _refused()
    if method == PUBLIC and client.auth_method == CERTIFICATE:
        method = CERTIFICATE
    if method != client.auth_method:
        raise _refused()
    if method == BASIC and not _has_secret(directory, client, proof.basic_secret):
        raise _refused()
    if method == POST and not _has_secret(directory, client, parameters["client_secret"]):
        raise _refused()
    if method == CERTIFICATE and not _is_certified(client, proof.certificate):
        raise _refused()
    if method == PRIVATE_KEY:
        await _check_assertion(directory, client, parameters["client_assertion"])
    return client


def _claimed(parameters: Mapping[str, str], proof: Proof) -> tuple[str, str]:
    """The method by which a client wants to prove itself, and who it says it is (RFC 6749 §2.3: one method)."""
    if proof.malformed:
        raise _refused()
    asserts = "client_assertion" in parameters or "client_assertion_type" in parameters
    given = [
        method
        for method, used in ((BASIC, proof.basic_id), (POST, "client_secret" in parameters), (PRIVATE_KEY, asserts))
        if used
    ]
    if len(given) > 1:
        raise OAuthFault("invalid_request", "A client proves itself one way at a time")
    client_id = parameters.get("client_id", "")
    if asserts:
        client_id = _asserted_by(parameters, client_id)
    if proof.basic_id:
        if client_id not in ("", proof.basic_id):
            raise OAuthFault("invalid_request", "Two clients are named")
        client_id = proof.basic_id
    return (given[0] if given else PUBLIC), client_id


def _asserted_by(parameters: Mapping[str, str], client_id: str) -> str:
    assertion = parameters.get("client_assertion", "")
    if parameters.get("client_assertion_type") != ASSERTION_TYPE or len(assertion) > MAX_ASSERTION_OCTETS:
        raise _refused()
    try:
        _, claims = _Assertion("").extract_assertion(assertion)
    except (InvalidClientError, ValueError, RecursionError) as error:
        raise _refused() from error
    subject = claims.get("sub")
    if not isinstance(subject, str) or client_id not in ("", subject):
        raise _refused()
    return subject


def _has_secret(directory: Directory, client: Client, secret: str) -> bool:
    now = directory.clock()
    proofs = [proof.hex() for proof in directory.sealer.proofs(_SECRET, f"{client.id}.{secret}")]
    living = [kept.proof for kept in client.secrets if kept.expires_at is None or kept.expires_at > now]
    return any(hmac.compare_digest(proof, kept) for proof in proofs for kept in living)


def _is_certified(client: Client, certificate: bytes) -> bool:
    """Whether the certificate has the registered name (RFC 8705 §2.1.2); who issued it, the handshake has checked."""
    if not certificate:
        return False
    found = _certificate(certificate)
    if client.subject_dn:
        return found.subject == distinguished_name(client.subject_dn)
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return client.san_dns in names.get_values_for_type(x509.DNSName)


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise _refused() from error


async def _check_assertion(directory: Directory, client: Client, assertion: str) -> None:
    """Signed by a registered key (whatever key the header brings along), for us, lately, and for the first time."""
    try:
        header, _ = _Assertion("").extract_assertion(assertion)
        kid = header.get("kid")
        claims = _decoded(assertion, await directory.openid.client_keys.of(client, kid), kid)
        _Assertion(directory.openid.issuer).verify_claims(claims)
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    except (InvalidClientError, JoseError, ValueError, TypeError, OverflowError, OSError) as error:
        raise _refused() from error
    now = directory.clock()
    identifier = claims.get("jti")
    if (
        not isinstance(identifier, str)
        or not identifier
        or (expires_at - now).total_seconds() > (LONGEST_ASSERTION_SECONDS)
    ):
        raise _refused()
    # The leeway of authlib's check, once more: an assertion is forgotten only when it is good no longer.
    until = datetime.fromtimestamp(claims["exp"] + 120, UTC)
    if not await directory.openid.codes.first_time(client.id, identifier, until):
        raise _refused()


def _decoded(assertion: str, keys: Sequence[dict[str, Any]], kid: object) -> dict[str, Any]:
    for key in [key for key in keys if kid is None or key.get("kid") == kid]:
        try:
            imported = JWKRegistry.import_key(key)
            return dict(jwt.decode(assertion, imported, algorithms=list(ASSERTION_ALGORITHMS)).claims)
        except JoseError:
            continue
    raise ValueError("no registered key signed it")


def _refused() -> OAuthFault:
    return OAuthFault("invalid_client", _WRONG, 401)
