"""A client: an application that people log in to, or that acts for itself; its metadata (RFC 7591) and their rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography import x509
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, RSAKey

from chassis.errors import InvalidInput
from services.directory.domain import redirects, text
from services.directory.domain.scopes import CLAIM_SCOPES, SCOPES, in_order

WEB, NATIVE = "web", "native"
AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS = "authorization_code", "refresh_token", "client_credentials"
GRANT_TYPES = (AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS)
BASIC, POST = "client_secret_basic", "client_secret_post"
PRIVATE_KEY, CERTIFICATE, PUBLIC = "private_key_jwt", "tls_client_auth", "none"
METHODS = (BASIC, POST, PRIVATE_KEY, CERTIFICATE, PUBLIC)
ALGORITHMS = ("RS256", "ES256", "EdDSA")
A_MINUTE, A_DAY = 600, 200_000
MOST_A_MINUTE, MOST_A_DAY = 60_000, 50_000_000
MAX_JWKS_OCTETS, MAX_KEYS = 20_000, 10
_SHORTEST_RSA = 2048


@dataclass(frozen=True)
class Secret:
    """What is kept of a client's secret: a proof; a secret that was replaced ends."""

    proof: str
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Client:
    """A registered application; `unit_id` names the unit that answers for it."""

    id: str
    name: str
    created_at: datetime
    unit_id: str = ""
    client_uri: str = ""
    application_type: str = WEB
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    grant_types: tuple[str, ...] = (AUTHORIZATION_CODE,)
    auth_method: str = BASIC
    scopes: tuple[str, ...] = ("openid",)
    signing_alg: str = "RS256"
    jwks: str = ""
    jwks_uri: str = ""
    subject_dn: str = ""
    san_dns: str = ""
    certificate_bound: bool = False
    origins: tuple[str, ...] = ()
    first_party: bool = False
    requests_a_minute: int = A_MINUTE
    requests_a_day: int = A_DAY
    account_id: str = ""
    address: str = ""
    disabled: bool = False
    secrets: tuple[Secret, ...] = ()
    version: int = 1

    @property
    def native(self) -> bool:
        return self.application_type == NATIVE

    @property
    def has_secret(self) -> bool:
        return self.auth_method in (BASIC, POST)

    def redirects_to(self, uri: str) -> bool:
        return redirects.is_registered(uri, self.redirect_uris, native=self.native)

    def public_keys(self) -> list[dict[str, Any]]:
        """The public keys that are registered for `private_key_jwt`, as JSON Web Keys."""
        return list(json.loads(self.jwks)["keys"]) if self.jwks else []


def proper(client: Client, *, loopback: bool) -> Client:
    """A client as it may be registered, made of what was given. Raises `InvalidInput` naming the field.

    `loopback` allows http on loopback addresses, for development.
    """
    client = replace(
        client,
        name=text.name(client.name, "name"),
        application_type=_one_of(client.application_type, (WEB, NATIVE), "application_type"),
        grant_types=_grant_types(client.grant_types),
        auth_method=_one_of(client.auth_method or BASIC, METHODS, "token_endpoint_auth_method"),
        scopes=_scopes(client.scopes),
        signing_alg=_one_of(client.signing_alg or ALGORITHMS[0], ALGORITHMS, "id_token_signed_response_alg"),
        client_uri=redirects.https_uri(client.client_uri, "client_uri", loopback=loopback),
        jwks_uri=redirects.https_uri(client.jwks_uri, "jwks_uri", loopback=loopback),
        backchannel_logout_uri=redirects.https_uri(
            client.backchannel_logout_uri, "backchannel_logout_uri", loopback=loopback
        ),
        redirect_uris=redirects.registered_uris(
            client.redirect_uris, "redirect_uris", native=client.native, loopback=loopback
        ),
        post_logout_redirect_uris=redirects.registered_uris(
            client.post_logout_redirect_uris, "post_logout_redirect_uris", native=client.native, loopback=loopback
        ),
        origins=redirects.registered_origins(client.origins, loopback=loopback),
        requests_a_minute=_quota(client.requests_a_minute, A_MINUTE, MOST_A_MINUTE, "requests_a_minute"),
        requests_a_day=_quota(client.requests_a_day, A_DAY, MOST_A_DAY, "requests_a_day"),
    )
    _check_grants(client)
    _check_proof(client)
    return client


def _one_of(given: str, allowed: Sequence[str], field: str) -> str:
    if given not in allowed:
        raise InvalidInput("Not a value that is known", fields={field: f"one of {', '.join(allowed)}"})
    return given


def _grant_types(given: Sequence[str]) -> tuple[str, ...]:
    unknown = set(given) - set(GRANT_TYPES)
    if unknown:
        raise InvalidInput("Not grants that are issued", fields={"grant_types": f"of {', '.join(GRANT_TYPES)}"})
    return tuple(each for each in GRANT_TYPES if each in given) or (AUTHORIZATION_CODE,)


def _scopes(given: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(given) - SCOPES)
    if unknown:
        raise InvalidInput("Not scopes that exist", fields={"scopes": ", ".join(unknown)[:200]})
    return in_order(given) or ("openid",)


def _quota(given: int, otherwise: int, most: int, field: str) -> int:
    if given > most:
        raise InvalidInput("More than any client may ask", fields={field: f"at most {most}"})
    return given or otherwise


def _check_grants(client: Client) -> None:
    """Each grant has what it needs, and nothing lies there for a grant that the client does not use."""
    code = AUTHORIZATION_CODE in client.grant_types
    if REFRESH_TOKEN in client.grant_types and not code:
        wrong = "refresh_token comes with authorization_code"
        raise InvalidInput("Not grants that go together", fields={"grant_types": wrong})
    if code != bool(client.redirect_uris):
        wrong = "needed with authorization_code, and only then"
        raise InvalidInput("Redirect URIs belong to people's logins", fields={"redirect_uris": wrong})
    itself = CLIENT_CREDENTIALS in client.grant_types
    if itself and client.auth_method == PUBLIC:
        raise InvalidInput("Who proves nothing acts for nobody", fields={"token_endpoint_auth_method": "none"})
    if itself != bool(client.address):
        wrong = "needed with client_credentials, and only then"
        raise InvalidInput("A service account has an address", fields={"address": wrong})
    if not code and set(client.scopes) & set(CLAIM_SCOPES) - {"openid"}:
        raise InvalidInput("Claims are about people who log in", fields={"scopes": "workspace scopes only"})


def _check_proof(client: Client) -> None:
    given = bool(client.jwks) + bool(client.jwks_uri)
    if given != (1 if client.auth_method == PRIVATE_KEY else 0):
        wrong = "this or jwks_uri, with private_key_jwt only"
        raise InvalidInput("Keys belong to private_key_jwt", fields={"jwks": wrong})
    if client.jwks:
        _check_keys(client.jwks)
    named = bool(client.subject_dn) + bool(client.san_dns)
    if named != (1 if client.auth_method == CERTIFICATE else 0):
        wrong = "this or tls_client_auth_san_dns, with tls_client_auth only"
        raise InvalidInput("A certificate is known by one name", fields={"tls_client_auth_subject_dn": wrong})
    if client.subject_dn:
        distinguished_name(client.subject_dn)


def distinguished_name(given: str) -> x509.Name:
    """A subject as RFC 4514 writes it. Raises `InvalidInput`."""
    try:
        return x509.Name.from_rfc4514_string(given[:1000])
    except ValueError as error:
        wrong = {"tls_client_auth_subject_dn": "as in RFC 4514: CN=paie,O=Finances,C=TG"}
        raise InvalidInput("Not a distinguished name", fields=wrong) from error


def _check_keys(jwks: str) -> None:
    try:
        keys = json.loads(jwks)["keys"] if len(jwks) <= MAX_JWKS_OCTETS else []
        fit = 0 < len(keys) <= MAX_KEYS and all(_is_fit(key) for key in keys)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        fit = False
    if not fit:
        wrong = "a JSON Web Key Set of 1 to 10 public keys: RSA of 2048 bits or more, P-256, P-384 or Ed25519"
        raise InvalidInput("Not keys that prove a client", fields={"jwks": wrong})


def keys_in(text: str) -> list[dict[str, Any]]:
    """The keys of a published set with which its owner may sign; others in it are passed over. Raises `ValueError`."""
    try:
        published = json.loads(text)["keys"]
        found = [key for key in published if isinstance(key, dict) and key.get("use", "sig") == "sig" and _signs(key)]
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("not a JSON Web Key Set") from error
    if not found:
        raise ValueError("no key that signs")
    return found[:MAX_KEYS]


def _signs(key: dict[str, Any]) -> bool:
    try:
        return _is_fit(key)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return False


def _is_fit(key: dict[str, Any]) -> bool:
    """A public key of a kind that we verify with; a shared secret or a private key has no place in a registration."""
    if key["kty"] not in ("RSA", "EC", "OKP") or "d" in key:
        return False
    if key["kty"] == "RSA":
        return bool(RSAKey.import_key(key).public_key.key_size >= _SHORTEST_RSA)
    JWKRegistry.import_key(key)
    return key["crv"] in ("P-256", "P-384", "Ed25519")
