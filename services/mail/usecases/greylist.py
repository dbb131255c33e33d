"""Ask who comes for the first time to come again."""

from collections.abc import Collection, Sequence

from services.mail.domain import greylisting
from services.mail.domain.greylisting import KNOWN_FOR, RETRY_WITHIN
from services.mail.usecases.context import Mail


async def is_stranger(mail: Mail, peer: str, sender: str, recipients: Sequence[str], proven: Collection[str]) -> bool:
    """Whether a letter is to be put off: it has not been tried before, and none of the domains that are `proven` to
    have sent it has a good record. A domain has one once a letter of its own came again.
    """
    now = mail.now()
    domains = [greylisting.domain(each) for each in sorted(proven)]
    triples = list(dict.fromkeys(greylisting.triple(peer, sender, each) for each in recipients))
    seen = await mail.store.greylist.seen([*domains, *triples], now)
    known = any(name in seen for name in domains)
    if not known:
        waiting = [name for name in triples if name not in seen or not seen[name].passes(now)]
        for name in waiting:
            await mail.store.greylist.came(name, now, now + RETRY_WITHIN)
        if waiting:
            return True
        for name in triples:
            await mail.store.greylist.passed(name, now, now + KNOWN_FOR)
    for name in domains:
        await mail.store.greylist.passed(name, now, now + KNOWN_FOR)
    return False
