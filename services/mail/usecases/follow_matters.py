"""Find the custodians of matters about units, and give up what was kept for those that ended: the worker's rounds."""

from datetime import timedelta

import structlog

from chassis.errors import WorkspaceError
from services.mail.domain.matters import Matter
from services.mail.usecases.context import Mail
from services.mail.usecases.custody import is_custodian, matters_in_force

log = structlog.get_logger(__name__)
# Accounts that are read together, and how many times for a matter in a round.
AT_ONCE, TURNS = 500, 20
# Who came into a unit is found by the next walk at the latest.
EVERY = timedelta(minutes=5)


async def follow_matters(mail: Mail) -> None:
    await matters_in_force(mail, now=True)
    for matter in await mail.store.matters.open():
        try:
            if matter.settled(mail.now()):
                await _give_up(mail, matter)
            elif matter.unit_id and matter.in_force(mail.now()):
                await _walk(mail, matter)
        except WorkspaceError as error:  # the next round goes on; the others need not wait for it
            log.error("matter_not_followed", matter=matter.id, error=str(error))


async def _walk(mail: Mail, matter: Matter) -> None:
    """All accounts of the unit are custodians; from where the last round was."""
    upto, walked_at = await mail.store.matters.walk(matter.id)
    if not upto and walked_at is not None and walked_at + EVERY > mail.now():
        return
    for _ in range(TURNS):
        page = await mail.people.page(matter.unit_id, upto, AT_ONCE)
        await mail.store.custodies.add_all([each.account_id for each in page], matter.id)
        if ended := len(page) < AT_ONCE:
            await _add_kept(mail, matter)
        upto = "" if ended else page[-1].account_id
        await mail.store.matters.walked(matter.id, upto, mail.now() if ended else None)
        if ended:
            return


async def _add_kept(mail: Mail, matter: Matter) -> None:
    """Accounts that are no more, and whose mail has to be kept for a time."""
    after = ""
    while kept := await mail.store.erasures.kept_in(matter.unit_id, after, AT_ONCE):
        await mail.store.custodies.add_all(kept, matter.id)
        after = kept[-1]


async def _give_up(mail: Mail, matter: Matter) -> None:
    """What was kept for it alone goes. Of an account that is no more, `erase_due` erases the rest."""
    for _ in range(TURNS):
        owners = await mail.store.custodies.page(matter.id, "", AT_ONCE)
        for owner in owners:
            # Another may be about it that has not walked so far, and needs what was kept for this one.
            if not await is_custodian(mail, owner):
                await mail.store.preserved.remove_all(owner)
            await mail.store.custodies.end(owner, matter.id)
        if len(owners) < AT_ONCE:
            await mail.store.matters.given_up(matter.id)
            return
