"""What an administration decides about logging in."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.directory.domain.accounts import Account
from services.directory.domain.sessions import MULTI_FACTOR


@dataclass(frozen=True)
class Policy:
    """The decisions, as the settings say them."""

    # Whether mail programs may log in with an account's own password, as long as it has no second factor.
    protocol_own_password: bool = False
    # Roles that are held only in a session that was opened with a second factor.
    second_factor_roles: frozenset[str] = frozenset()
    # No failed login is answered sooner, so that how long it took says nothing of the account.
    failure_seconds: float = 0.0
    # Whom passkeys are for (WebAuthn §5.1.2): a domain, and the pages' origins in it.
    passkey_domain: str = "localhost"
    passkey_name: str = "Espace de travail"
    passkey_origins: tuple[str, ...] = ("http://localhost:8080",)

    def wants_second_factor(self, account: Account) -> bool:
        """Whether an account holds a role that a password alone does not open."""
        return any(grant.role in self.second_factor_roles for grant in account.roles)

    def effective(self, account: Account, acr: str) -> Account:
        """The account as a session of this strength may act: without the roles that want more."""
        if acr == MULTI_FACTOR or not self.wants_second_factor(account):
            return account
        return replace(account, roles=tuple(g for g in account.roles if g.role not in self.second_factor_roles))


def policy_roles(given: Collection[str], known: Collection[str]) -> frozenset[str]:
    """Raises `ValueError` for a role that does not exist."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"no such role: {', '.join(unknown)}")
    return frozenset(given)
