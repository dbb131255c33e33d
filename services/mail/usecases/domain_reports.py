"""What others reported of a domain of ours."""

from datetime import timedelta

from chassis.errors import InvalidInput, NotFound
from services.mail.domain.envelope import mail_domain
from services.mail.domain.reports.summary import Summary, summary
from services.mail.usecases.context import Mail

MOST_DAYS = 400


async def domain_reports(mail: Mail, domain: str, days: int) -> Summary:
    """Reports whose time began in the last so many days, together.

    Raises `NotFound` for a domain that is not ours, `InvalidInput` for what is none and for too many days.
    """
    domain = mail_domain(domain)
    if not mail.domains.hold(domain):
        raise NotFound("Not a domain of ours")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"Between 1 and {MOST_DAYS} days", fields={"days": f"between 1 and {MOST_DAYS}"})
    now = mail.now()
    # A reporter's clock may be ahead of ours.
    found = await mail.store.reports.about(domain, now - timedelta(days=days), now + timedelta(days=1))
    return summary((each.organisation, each.rows, each.policy) for each in found)
