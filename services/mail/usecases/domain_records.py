"""What a mail domain should have in DNS, and what it has."""

import asyncio
from dataclasses import replace

from services.mail.domain import domain_records as records
from services.mail.domain.domain_records import Record, State
from services.mail.domain.sts import StsPolicy
from services.mail.usecases.context import Mail, Names
from services.mail.usecases.signing_keys import Generation, signing_keys


async def domain_records(
    mail: Mail, names: Names, host: str, web: str, policy: StsPolicy | None, domain: str
) -> list[Record]:
    """Its records in the order in which they matter; `host` is the name of our mail servers, `web` of the gateway,
    `policy` what we say of the former.

    Raises `NotFound` for a domain that is not ours, `InvalidInput` for what is none.
    """
    newest, *former = await signing_keys(mail, domain)
    domain = newest.keys[0].domain
    wanted = [records.mx(domain, host), records.spf(domain), *map(records.dkim, newest.keys), records.dmarc(domain)]
    wanted += [
        *records.services(domain, host),
        *records.programs(domain, web),
        *records.agendas(domain, web),
        *records.protection(domain, policy, web),
    ]
    found = await _asked(names, wanted)
    signs = all(each.state is State.PRESENT for each in found if each.purpose == "dkim")
    return found + await _former(names, former, retired=signs)


async def _former(names: Names, generations: list[Generation], *, retired: bool) -> list[Record]:
    """Keys of former generations: needed while the newest are not in DNS, and told of while they still are."""
    found = await _asked(names, [records.dkim(key) for each in generations for key in each.keys])
    if not retired:
        return [each for each in found if each.state is not State.MISSING]
    return [replace(each, state=State.RETIRED) for each in found if each.state is State.PRESENT]


async def _asked(names: Names, wanted: list[Record]) -> list[Record]:
    answers = await asyncio.gather(*(names.ask(each.name, each.kind) for each in wanted))
    return [each.found(answer) for each, answer in zip(wanted, answers, strict=True)]
