"""A second factor that somebody gives after a first proof: of a login, or of a reset."""

from dataclasses import dataclass

from chassis.errors import InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.factors import PASSKEY, RECOVERY_CODE, TOTP
from services.directory.usecases.context import Directory
from services.directory.usecases.passkey_login import second_factor
from services.directory.usecases.recovery_codes import recovery_code_taken
from services.directory.usecases.totp_enrolment import code_taken


@dataclass(frozen=True)
class Second:
    """What is given as the second factor; `state` goes with a passkey."""

    method: str
    given: str
    state: str = ""

    def wanted(self) -> None:
        """Raises `InvalidInput` when it is none of the ways."""
        if self.method not in {TOTP, RECOVERY_CODE, PASSKEY}:
            raise InvalidInput("A code, a recovery code or a passkey is needed", fields={"code": "missing"})


async def second_given(
    directory: Directory, account: Account, second: Second, challenge: str, remote: str
) -> tuple[str, ...]:
    """How it is proven then, password included (RFC 8176); empty when it is not right. Each is taken, and good once."""
    if second.method == PASSKEY:
        return await second_factor(directory, account, second.state, second.given, challenge)
    if second.method == RECOVERY_CODE:
        right = await recovery_code_taken(directory, account, second.given, remote)
    else:
        right = await code_taken(directory, await directory.factors.find(account.id), second.given)
    return ("pwd", "otp", "mfa") if right else ()
