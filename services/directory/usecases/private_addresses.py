"""Recovery addresses as they are kept: sealed, since they are nobody's business, whoever reads the database."""

from services.directory.domain.factors import Factors
from services.directory.usecases.context import Directory

_PURPOSE = "recovery-address"


def sealed_address(directory: Directory, account_id: str, address: str) -> str:
    """An address as the account's factors keep it."""
    return directory.sealer.seal(address, _PURPOSE, account_id)


def recovery_addresses(directory: Directory, factors: Factors) -> tuple[str, str]:
    """The address in force and the one that waits for its code; each is empty when there is none."""
    kept = (factors.recovery.address, factors.recovery.pending)
    found = [directory.sealer.open(each, _PURPOSE, factors.account_id) if each else "" for each in kept]
    return found[0], found[1]
