"""What we say of the servers that take mail for our domains (MTA-STS, RFC 8461)."""

from datetime import timedelta

from chassis.errors import NotFound
from services.mail.domain.envelope import mail_domain
from services.mail.domain.sts import Mode, StsPolicy
from services.mail.usecases.context import Mail

# Whoever tests wants to be able to go back soon; what is enforced protects for as long as it is remembered.
_AGES = {Mode.TESTING: timedelta(days=1), Mode.ENFORCE: timedelta(days=14), Mode.NONE: timedelta(days=1)}


def own_policy(mode: str, host: str) -> StsPolicy | None:
    """Of all our domains, whose servers are one name; None for the mode "off"."""
    return StsPolicy(Mode(mode), (host.lower(),), _AGES[Mode(mode)]) if mode != "off" else None


def transport_policy(mail: Mail, policy: StsPolicy | None, domain: str) -> StsPolicy:
    """Raises `NotFound` for a domain that is not ours, and where we say nothing; `InvalidInput` for what is none."""
    if policy is None or not mail.domains.hold(mail_domain(domain)):
        raise NotFound("No policy of ours")
    return policy
