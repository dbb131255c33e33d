"""As whom an account writes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chassis.blocking import run_blocking
from chassis.errors import Conflict, InvalidInput
from services.mail.domain.composing.identities import Identity, changed, identities
from services.mail.domain.reading.markup import clean_own, too_deep
from services.mail.usecases.context import Mail

TRIES = 3


async def list_identities(mail: Mail, owner: str, addresses: Mapping[str, str]) -> list[Identity]:
    """`addresses` are those that the account may write as, its own first, with the name of whose each is."""
    return identities(await mail.store.identities.of(owner), addresses)


async def identity_for(mail: Mail, owner: str, addresses: Mapping[str, str], wanted: str = "") -> Identity:
    """That of an address, the default one when none is wanted; of an address that is none of them a bare one."""
    known = await list_identities(mail, owner, addresses)
    found = (each for each in known if (each.address == wanted.lower() if wanted else each.default))
    return next(found, Identity(wanted, known[0].name))


async def update_identity(
    mail: Mail, owner: str, addresses: Mapping[str, str], given: Identity, fields: Sequence[str]
) -> Identity:
    """Raises `NotFound` (none of the addresses), `InvalidInput`, `Conflict` when others keep winning."""
    if too_deep(given.signature_html):
        raise InvalidInput("HTML too complicated", fields={"signature_html": "has too many elements"})
    html = await run_blocking(clean_own, given.signature_html, False) if given.signature_html else ""
    for _ in range(TRIES):
        kept = changed(await mail.store.identities.of(owner), addresses, replace(given, signature_html=html), fields)
        if await mail.store.identities.keep(owner, kept):
            return next(each for each in identities(kept, addresses) if each.address == given.address.lower())
    raise Conflict("Changed meanwhile")
