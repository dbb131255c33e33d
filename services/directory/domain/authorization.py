"""An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), parsed without I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from authlib.oauth2.rfc7636.challenge import CODE_VERIFIER_PATTERN, create_s256_code_challenge

from services.directory.domain.clients import AUTHORIZATION_CODE, Client
from services.directory.domain.scopes import SCOPES, in_order
from services.directory.domain.sessions import MULTI_FACTOR, SINGLE_FACTOR

QUERY, FORM_POST = "query", "form_post"
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
# base64url of a SHA-256 (RFC 7636 §4.2).
_CHALLENGE = 43
_LONGEST = {"state": 2048, "nonce": 512, "login_hint": 320, "acr_values": 500, "scope": 1000, "id_token_hint": 8192}
_UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
MAX_PARAMETERS = 40


class OAuthFault(Exception):
    """What a client is told in the words of the specification; `status` where it is answered directly."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request of a client that is known, to a redirect URI that is its own."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    state: str = ""
    nonce: str = ""
    response_mode: str = QUERY
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()
    login_hint: str = ""
    id_token_hint: str = ""

    @property
    def needs_multi_factor(self) -> bool:
        """Whether a login with a password alone is none of those that the client names."""
        known = {acr for acr in self.acr_values if acr in (SINGLE_FACTOR, MULTI_FACTOR)}
        return known == {MULTI_FACTOR}


def single(parameters: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Parameters by name; empty ones count as left out (RFC 6749 §3.1). Raises `OAuthFault` for one given twice."""
    found: dict[str, str] = {}
    for count, (name, value) in enumerate(parameters, 1):
        if count > MAX_PARAMETERS:
            raise OAuthFault("invalid_request", "Too many parameters")
        if name in found:
            raise OAuthFault("invalid_request", f"{name[:40]!r} is given twice")
        found[name] = value
    return {name: value for name, value in found.items() if value}


def response_mode(parameters: Mapping[str, str]) -> str:
    """How the client wants to be told, be it of an error."""
    return FORM_POST if parameters.get("response_mode") == FORM_POST else QUERY


def parsed(parameters: Mapping[str, str], client: Client) -> AuthorizationRequest:
    """The request that the parameters make. Raises `OAuthFault` for the client to be told."""
    for name, error in _UNSUPPORTED.items():
        if name in parameters:
            raise OAuthFault(error, f"{name} is not supported")
    for name, longest in _LONGEST.items():
        if len(parameters.get(name, "")) > longest:
            raise OAuthFault("invalid_request", f"{name} is longer than {longest} characters")
    if parameters.get("response_type") != "code":
        error = "unsupported_response_type" if parameters.get("response_type") else "invalid_request"
        raise OAuthFault(error, "response_type is code, and nothing else")
    if parameters.get("response_mode", QUERY) not in (QUERY, FORM_POST):
        raise OAuthFault("invalid_request", "response_mode is query or form_post")
    if AUTHORIZATION_CODE not in client.grant_types:
        raise OAuthFault("unauthorized_client", "The client acts for itself only")
    return AuthorizationRequest(
        client_id=client.id,
        redirect_uri=parameters["redirect_uri"],
        scopes=scopes_of(parameters.get("scope", ""), client),
        code_challenge=_challenge(parameters),
        state=parameters.get("state", ""),
        nonce=parameters.get("nonce", ""),
        response_mode=response_mode(parameters),
        prompt=_prompt(parameters.get("prompt", "")),
        max_age=_max_age(parameters.get("max_age")),
        acr_values=tuple(parameters.get("acr_values", "").split()),
        login_hint=parameters.get("login_hint", ""),
        id_token_hint=parameters.get("id_token_hint", ""),
    )


def scopes_of(given: str, client: Client) -> tuple[str, ...]:
    """The scopes asked for, all that the client has when it names none.

    Unknown ones are left out (OpenID Connect Core §3.1.2.1); one that the client has not is a fault.
    """
    asked = {scope for scope in given.split(" ") if scope in SCOPES}
    if not given.strip():
        return client.scopes
    beyond = asked - set(client.scopes)
    if beyond or not asked:
        raise OAuthFault("invalid_scope", f"The client has not {', '.join(sorted(beyond)) or 'any of these scopes'}")
    return in_order(asked)


def verifies(verifier: str, challenge: str) -> bool:
    """Whether a code verifier is the one of a challenge (RFC 7636 §4.6)."""
    return bool(CODE_VERIFIER_PATTERN.fullmatch(verifier)) and create_s256_code_challenge(verifier) == challenge


def _challenge(parameters: Mapping[str, str]) -> str:
    """PKCE for every client, with S256: what a public one needs costs a confidential one nothing (RFC 9700 §2.1.1)."""
    challenge = parameters.get("code_challenge", "")
    if not challenge:
        raise OAuthFault("invalid_request", "code_challenge is needed (RFC 7636)")
    if parameters.get("code_challenge_method") != "S256":
        raise OAuthFault("invalid_request", "code_challenge_method is S256, and nothing else")
    if len(challenge) != _CHALLENGE or not CODE_VERIFIER_PATTERN.fullmatch(challenge):
        raise OAuthFault("invalid_request", "code_challenge is no SHA-256 in base64url")
    return challenge


def _prompt(given: str) -> frozenset[str]:
    prompt = frozenset(given.split())
    if prompt - PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise OAuthFault("invalid_request", "prompt is none, or of login, consent and select_account")
    return prompt


def _max_age(given: str | None) -> int | None:
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise OAuthFault("invalid_request", "max_age is a number of seconds")
    return int(given)
