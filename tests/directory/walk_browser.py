"""How the walk exercises the OpenID Connect provider's endpoints and the pages, as another ministry's people and
applications would: with their own cookie, their own client, and what they have got hold of of the victim's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.directory.relying import CALLBACK
from tests.directory.walking import Victim

# What is shown on every page anew, and says nothing.
PASSING = r'name="csrf" value="[^"]*"'


@dataclass(frozen=True)
class Held:
    """Tokens of the victim for its own client, or others that are none."""

    access: str
    refresh: str
    id_token: str


# Method, parameters, whether the walkers' own client proves itself with it.
Request = tuple[str, dict[str, str], bool]


def _asked(v: Victim, held: Held, **changed: str) -> dict[str, str]:
    return {
        "client_id": v.client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid email",
        "state": "s", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
        **changed,
    }  # fmt: skip


def _exchanges(v: Victim, held: Held) -> Iterable[Request]:
    for client_id in ({}, {"client_id": v.client_id}):
        yield "POST", {"grant_type": "refresh_token", "refresh_token": held.refresh, **client_id}, True
        yield (
            "POST",
            {"grant_type": "authorization_code", "code": held.access, "redirect_uri": CALLBACK, **client_id},
            True,
        )
        yield "POST", {"grant_type": "client_credentials", "scope": "directory.write", **client_id}, True


# Which clients there are is no secret: everybody's browser is shown theirs. What they have of the victim is one.
OIDC_TELLING: dict[str, Callable[[Victim, Held], Iterable[Request]]] = {
    "/oidc/authorize": lambda v, held: [
        ("GET", _asked(v, held), False),
        ("GET", _asked(v, held, prompt="none"), False),
        ("GET", _asked(v, held, login_hint=v.address, id_token_hint=held.id_token), False),
        ("GET", _asked(v, held, prompt="none", id_token_hint=held.id_token), False),
    ],
}
OIDC_WALKS: dict[str, Callable[[Victim, Held], Iterable[Request]]] = {
    "/.well-known/openid-configuration": lambda v, held: [("GET", {}, False)],
    "/.well-known/oauth-authorization-server": lambda v, held: [("GET", {}, False)],
    "/oidc/jwks": lambda v, held: [("GET", {}, False)],
    "/oidc/authorize": lambda v, held: [],
    "/oidc/token": _exchanges,
    # Whoever has a token is who it was given to: without one, nobody is told anything.
    "/oidc/userinfo": lambda v, held: [("GET", {"access_token": held.access}, False), ("POST", {}, False)],
    "/oidc/introspect": lambda v, held: [
        ("POST", {"token": each}, True) for each in (held.access, held.refresh, held.id_token)
    ],
    "/oidc/revoke": lambda v, held: [("POST", {"token": each}, True) for each in (held.access, held.refresh)],
    "/oidc/end_session": lambda v, held: [
        ("GET", {"client_id": v.client_id, "post_logout_redirect_uri": "https://intruse.example/"}, False),
        ("GET", {"logout_hint": v.address}, False),
        ("POST", {"client_id": v.client_id, "logout_hint": v.session_id}, False),
    ],
}


def page_fields(v: Victim) -> Iterable[dict[str, str]]:
    """What a form of any page could name, each of its fields at what is the victim's."""
    for own_id in (v.session_id, v.account_id, v.contact_id, v.administrator_id):
        yield {
            "id": own_id, "passkey_id": own_id, "session": own_id, "account_id": v.account_id, "client_id": v.client_id,
            "request": v.authorization, "decision": "allow", "address": v.address, "code": own_id, "name": "Autre",
            "label": "Intrus", "protocol": "all", "state": own_id, "credential": "{}", "return_to": "/account",
            "password": "wrong password", "current_password": "wrong", "new_password": "an entirely new one",
        }  # fmt: skip
