"""WebAuthn ceremonies (W3C Web Authentication Level 3): options for the browser, and whether its answer is right.

No attestation is asked for: which make of authenticator an agent has is nothing that we decide by.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from chassis.errors import InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.factors import Passkey
from services.directory.domain.policy import Policy

TIMEOUT_MILLISECONDS = 300_000
LONGEST_JSON = 32 * 1024
LONGEST_ID = 1400  # in base64url: WebAuthn §4 allows 1,023 octets
# What the libraries below raise on hostile input, beside their own kind.
_FAULTS = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True)
class Made:
    """A new credential, as the browser gave it."""

    id: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    backed_up: bool


@dataclass(frozen=True)
class Signed:
    """What a credential signed."""

    sign_count: int
    user_verified: bool
    backed_up: bool


def registration_options(policy: Policy, account: Account, nonce: bytes, held: Sequence[Passkey]) -> str:
    """Options of `navigator.credentials.create`. A passkey that logs in without a password is wanted, not demanded."""
    options = generate_registration_options(
        rp_id=policy.passkey_domain,
        rp_name=policy.passkey_name,
        user_id=account.id.encode("ascii"),
        user_name=account.address,
        user_display_name=account.display_name,
        challenge=nonce,
        timeout=TIMEOUT_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(held),
    )
    return options_to_json(options)


def registered(policy: Policy, nonce: bytes, answer: str) -> Made:
    """The credential that a browser made. Raises `InvalidInput`."""
    try:
        credential = parse_registration_credential_json(_bounded(answer))
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=policy.passkey_domain,
            expected_origin=list(policy.passkey_origins),
        )
    except _FAULTS as error:
        raise InvalidInput(
            "Not a passkey that was made for us just now", fields={"credential_json": "refused"}
        ) from error
    passkey_id = bytes_to_base64url(verified.credential_id)
    if len(passkey_id) > LONGEST_ID:
        raise InvalidInput("Not a passkey", fields={"credential_json": "id too long"})
    return Made(
        id=passkey_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=tuple(transport.value for transport in credential.response.transports or ()),
        backed_up=verified.credential_backed_up,
    )


def login_options(policy: Policy, nonce: bytes, held: Sequence[Passkey]) -> str:
    """Options of `navigator.credentials.get`: one of `held` after a password, else any that verifies its user."""
    wanted = UserVerificationRequirement.PREFERRED if held else UserVerificationRequirement.REQUIRED
    options = generate_authentication_options(
        rp_id=policy.passkey_domain,
        challenge=nonce,
        timeout=TIMEOUT_MILLISECONDS,
        allow_credentials=_descriptors(held),
        user_verification=wanted,
    )
    return options_to_json(options)


def answered(answer: str) -> AuthenticationCredential | None:
    """A browser's answer, not verified yet; None when it is none."""
    try:
        return parse_authentication_credential_json(_bounded(answer))
    except _FAULTS:
        return None


def signed(policy: Policy, nonce: bytes, credential: AuthenticationCredential, passkey: Passkey) -> Signed | None:
    """What a passkey signed; None when it did not. Whether its count went back is for the caller to judge."""
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=policy.passkey_domain,
            expected_origin=list(policy.passkey_origins),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
        )
    except _FAULTS:
        return None
    return Signed(verified.new_sign_count, verified.user_verified, verified.credential_backed_up)


def _bounded(answer: str) -> str:
    if len(answer) > LONGEST_JSON:
        raise ValueError("too long")
    return answer


def _descriptors(held: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(each.id),
            transports=[AuthenticatorTransport(transport) for transport in each.transports] or None,
        )
        for each in held
    ]
