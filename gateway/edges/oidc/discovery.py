"""What the provider can do and where (OpenID Connect Discovery 1.0, RFC 8414), and the keys that it signs with."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edges.oidc.provider import Provider

_KEPT = {"cache-control": "public, max-age=300"}
_PROOFS = ["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "none"]
_PROVEN = [method for method in _PROOFS if method != "none"]
_ASSERTIONS = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
_SCOPES = ["openid", "profile", "email", "phone", "groups"]
_PARTS = ("directory", "mail", "calendar", "drive", "video")


def metadata(issuer: str) -> dict[str, Any]:
    """The document of both paths."""
    at = f"{issuer}/oidc"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{at}/authorize",
        "token_endpoint": f"{at}/token",
        "userinfo_endpoint": f"{at}/userinfo",
        "jwks_uri": f"{at}/jwks",
        "introspection_endpoint": f"{at}/introspect",
        "revocation_endpoint": f"{at}/revoke",
        "end_session_endpoint": f"{at}/end_session",
        "scopes_supported": [*_SCOPES, *(f"{part}.{act}" for part in _PARTS for act in ("read", "write"))],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        "token_endpoint_auth_methods_supported": _PROOFS,
        "token_endpoint_auth_signing_alg_values_supported": _ASSERTIONS,
        "introspection_endpoint_auth_methods_supported": _PROVEN,
        "introspection_endpoint_auth_signing_alg_values_supported": _ASSERTIONS,
        "revocation_endpoint_auth_methods_supported": _PROOFS,
        "revocation_endpoint_auth_signing_alg_values_supported": _ASSERTIONS,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": ["urn:gouv:tg:acr:1", "urn:gouv:tg:acr:2"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "name",
            "given_name", "family_name", "preferred_username", "locale", "title", "email", "email_verified",
            "phone_number", "phone_number_verified", "groups", "unit", "roles",
        ],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "tls_client_certificate_bound_access_tokens": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "ui_locales_supported": ["fr", "en"],
        "service_documentation": f"{issuer}/docs",
    }  # fmt: skip


async def describe(provider: Provider, request: Request) -> Response:
    provider.begin(request, "configuration")
    headers = await provider.origins.headers(request.headers.get("origin", ""))
    return JSONResponse(metadata(provider.issuer), headers=_KEPT | headers)


async def keys(provider: Provider, request: Request) -> Response:
    provider.begin(request, "jwks")
    answer = await provider.openid.GetOpenIdKeys(pb.GetOpenIdKeysRequest())
    headers = await provider.origins.headers(request.headers.get("origin", ""))
    return JSONResponse(json.loads(answer.jwks), headers=_KEPT | headers, media_type="application/jwk-set+json")
