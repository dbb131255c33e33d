"""What the caller can prove itself with."""

from dataclasses import dataclass

from services.directory.domain.factors import Factors
from services.directory.usecases.context import Directory
from services.directory.usecases.own_credentials import owner
from services.directory.usecases.private_addresses import recovery_addresses


@dataclass(frozen=True)
class Held:
    """An account's factors, and what the administration's policy makes of them."""

    factors: Factors
    recovery_address: str
    recovery_address_pending: str
    second_factor_required: bool
    own_password_on_protocols: bool


async def get_factors(directory: Directory) -> Held:
    account = await owner(directory)
    factors = await directory.factors.find(account.id)
    # As the account is, not as this session may act.
    whole = await directory.accounts.find(account.id) or account
    address, pending = recovery_addresses(directory, factors)
    return Held(
        factors,
        recovery_address=address,
        recovery_address_pending=pending,
        second_factor_required=directory.policy.wants_second_factor(whole),
        own_password_on_protocols=directory.policy.protocol_own_password and not factors.strong,
    )
