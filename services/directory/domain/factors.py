"""What an account can prove itself with beside its password, and where a lost password may be replaced through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import InvalidInput, PreconditionFailed
from services.directory.domain import text

MOST_PASSKEYS = 20
RECOVERY_CODES = 10
TOTP, RECOVERY_CODE, PASSKEY = "totp", "recovery_code", "passkey"


@dataclass(frozen=True)
class Totp:
    """An authenticator application (RFC 6238): its sealed secret, and the last time step that a code was taken of."""

    sealed: str
    since: datetime
    last_step: int


@dataclass(frozen=True)
class Passkey:
    """A WebAuthn credential: its public key (COSE), and how often its maker says that it signed."""

    id: str
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    transports: tuple[str, ...] = ()
    backed_up: bool = False
    last_used_at: datetime | None = None
    # When it signed with a count that had been before: somebody may have copied it.
    copied_at: datetime | None = None


@dataclass(frozen=True)
class RecoveryAddress:
    """An address outside of the account's own mailbox, pending until a code sent there came back. Both are sealed."""

    address: str = ""
    pending: str = ""
    # What the code proves to be, and until when it is good.
    proof: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Shut:
    """What connections stood on that the account's own password had opened, and when a second factor ended them."""

    stood_on: str
    at: datetime


@dataclass(frozen=True)
class Factors:
    """All of an account; `recovery_codes` are proofs, never codes."""

    account_id: str
    totp: Totp | None = None
    # A sealed secret that waits for its first code.
    enrolling: str = ""
    recovery_codes: tuple[str, ...] = ()
    passkeys: tuple[Passkey, ...] = ()
    recovery: RecoveryAddress = RecoveryAddress()
    # How often a password alone ceased to be enough, and what that ended last.
    strengthened: int = 0
    shut: Shut | None = None
    version: int = 0

    @property
    def strong(self) -> bool:
        """Whether a password alone does not log in."""
        return self.totp is not None or bool(self.passkeys)

    @property
    def methods(self) -> tuple[str, ...]:
        """What may follow a right password."""
        held = {TOTP: self.totp, RECOVERY_CODE: self.recovery_codes, PASSKEY: self.passkeys}
        return tuple(method for method, has in held.items() if has) if self.strong else ()

    def stood_on(self, credential_id: str) -> str:
        """What a connection stands on that the account's own password opens now, as others stand on a session.

        It is another one each time that the account has become strong: ending what came before ends nothing that
        comes after the factor was taken away again.
        """
        return f"{credential_id}.{self.strengthened}" if self.strengthened else credential_id

    def shutting(self, credential_id: str, now: datetime) -> "Factors":
        """Having just become strong."""
        return replace(self, strengthened=self.strengthened + 1, shut=Shut(self.stood_on(credential_id), now))

    def passkey(self, passkey_id: str) -> Passkey | None:
        return next((each for each in self.passkeys if each.id == passkey_id), None)

    def with_passkey(self, passkey: Passkey) -> "Factors":
        if len(self.passkeys) >= MOST_PASSKEYS:
            raise PreconditionFailed(f"An account has at most {MOST_PASSKEYS} passkeys")
        return replace(self, passkeys=(*self.passkeys, passkey))

    def without_passkey(self, passkey_id: str) -> "Factors":
        return replace(self, passkeys=tuple(each for each in self.passkeys if each.id != passkey_id)).tidied()

    def with_renamed(self, passkey_id: str, name: str) -> "Factors":
        return replace(self, passkeys=tuple(replace(p, name=name) if p.id == passkey_id else p for p in self.passkeys))

    def with_copied(self, passkey_id: str, now: datetime) -> "Factors":
        """With the mark that somebody may have a copy of a passkey."""
        return replace(
            self, passkeys=tuple(replace(p, copied_at=now) if p.id == passkey_id else p for p in self.passkeys)
        )

    def without_totp(self) -> "Factors":
        return replace(self, totp=None, enrolling="").tidied()

    def with_recovery_codes(self, proofs: Sequence[str]) -> "Factors":
        if not self.strong:
            raise PreconditionFailed("Recovery codes stand in for a second factor, and there is none")
        return replace(self, recovery_codes=tuple(proofs))

    def reset(self) -> "Factors":
        """No second factor at all; the recovery address stays."""
        return replace(self, totp=None, enrolling="", recovery_codes=(), passkeys=())

    def tidied(self) -> "Factors":
        """Recovery codes go with the last factor that they stand in for."""
        return self if self.strong else replace(self, recovery_codes=())


def passkey_name(given: str) -> str:
    """How its owner calls a passkey. Raises `InvalidInput`."""
    tidy = text.optional(given, "name")
    if len(tidy) > 60:
        raise InvalidInput("A name of a passkey has at most 60 characters", fields={"name": "too long"})
    return tidy or "Passkey"
