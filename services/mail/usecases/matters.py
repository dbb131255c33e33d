"""Open, change and close matters. Every act stands in the audit log, where auditors of the whole administration read
it: those of a ministry may be whom the matter is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.errors import Forbidden, InvalidInput, NotFound, TooManyRequests
from chassis.events import Fact
from chassis.identity import Identity
from chassis.ids import new_id
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import mail_address
from services.mail.domain.matters import MOST_AUDITORS, MOST_OPEN, Matter, checked_reason, checked_until
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted


@dataclass(frozen=True, slots=True)
class About:
    """An account or a unit, of which the other id is empty, and where it stands."""

    account_id: str
    unit_id: str
    stands: Whereabouts


async def open_matter(
    mail: Mail, actor: Identity, about: About, reason: str, auditors: Sequence[str], until: datetime | None
) -> Matter:
    """From now on nothing of it is lost. `auditors` are addresses; whoever opens a matter is not one of its auditors.

    Raises `InvalidInput`, `Forbidden` for one about the actor's own account, `TooManyRequests` while too many are open.
    """
    if about.account_id == actor.account_id:
        raise Forbidden("Nobody opens a matter about itself")
    if len(await mail.store.matters.open()) >= MOST_OPEN:
        raise TooManyRequests(f"At most {MOST_OPEN} matters are open; close those that are over")
    matter = Matter(
        id=new_id(),
        reason=checked_reason(reason),
        account_id=about.account_id,
        unit_id=about.unit_id,
        unit_path=tuple(about.stands.unit_path),
        name=about.stands.name,
        opened_by=actor.account_id,
        opened_at=mail.now(),
        auditors=await _auditors(mail, (actor.account_id, about.account_id), auditors),
        until=checked_until(until, mail.now()),
    )
    told = {"reason": matter.reason, "until": _day(until), "auditors": ", ".join(auditors)}

    async def act(session: Any) -> None:
        await mail.store.matters.insert(matter, [_act("open_matter", matter, told)], session=session)
        if matter.account_id:
            await mail.store.custodies.add(matter.account_id, [matter.id], session=session)

    await mail.store.transaction(act)
    mail.known.matters.clear()
    return matter


def runs(actor: Identity, matter: Matter) -> bool:
    """Whether somebody may see, change and close it: who administers what it is about. Whom it is about does not know
    of it, unless it opened it itself or is a national administrator: somebody has to close those about a whole
    ministry. Nobody runs a matter about its own account."""
    if not actor.administers(matter.unit_path) or actor.account_id == matter.account_id:
        return False
    outside = not matter.covers(actor.account_id, actor.unit_path)
    return outside or actor.account_id == matter.opened_by or actor.administers(())


async def matter_run_by(mail: Mail, actor: Identity, matter_id: str) -> Matter:
    """Raises `NotFound` for one that the actor does not run, as for one that there is not."""
    found = await mail.store.matters.get(matter_id)
    if not runs(actor, found):
        raise NotFound("No such matter")
    return found


async def change_matter(
    mail: Mail,
    actor: Identity,
    matter_id: str,
    *,
    auditors: Sequence[str] | None = None,
    until: datetime | None = None,
    without_end: bool = False,
) -> Matter:
    """Give it other auditors, another end, or none; what is not named stays. Raises `InvalidInput`, `NotFound`."""
    matter = await matter_run_by(mail, actor, matter_id)
    if not matter.in_force(mail.now()):
        raise NotFound("The matter is closed")
    if until is not None and without_end:
        raise InvalidInput("Which end?", fields={"until": "either this or without_end"})
    fields: dict[str, Any] = {}
    told: dict[str, str] = {}
    if auditors is not None:
        others = matter.opened_by, actor.account_id, matter.account_id
        fields["auditors"] = list(await _auditors(mail, others, auditors))
        told["auditors"] = ", ".join(auditors)
    if until is not None or without_end:
        fields["until"] = checked_until(until, mail.now())
        told["until"] = _day(until)
    if not fields:
        raise InvalidInput("Nothing is changed", fields={"auditors": "name auditors, or an end"})
    return await _changed(mail, matter, fields, [_act("change_matter", matter, told)])


async def close_matter(mail: Mail, actor: Identity, matter_id: str) -> Matter:
    """What was kept for it alone is given up soon. Raises `NotFound`."""
    matter = await matter_run_by(mail, actor, matter_id)
    return await _changed(mail, matter, {"closed_at": mail.now()}, [_act("close_matter", matter, {})])


async def _changed(mail: Mail, matter: Matter, fields: Mapping[str, Any], facts: Sequence[Fact]) -> Matter:
    await mail.store.matters.change(matter.id, fields, facts)
    mail.known.matters.clear()
    return await mail.store.matters.get(matter.id)


async def _auditors(mail: Mail, others: Sequence[str], addresses: Sequence[str]) -> tuple[str, ...]:
    """Accounts that are none of those others: who opened the matter, who names them, and whom it is about. Whether they
    are auditors of the unit is asked when they read: roles come and go."""
    if len(addresses) > MOST_AUDITORS:
        raise InvalidInput("Too many auditors", fields={"auditors": f"at most {MOST_AUDITORS}"})
    found = []
    for address in addresses:
        account_id = await mail.people.account_of(mail_address(address))
        if account_id is None or account_id in others:
            why = "must be other accounts than those of who opens the matter, who names them, and whom it is about"
            raise InvalidInput("Not who may look at this mail", fields={"auditors": why})
        found.append(account_id)
    return tuple(dict.fromkeys(found))


def _day(until: datetime | None) -> str:
    return until.isoformat() if until is not None else "-"


def _act(act: str, matter: Matter, told: Mapping[str, str]) -> Any:
    """Not told as done to the account: people read what was done to theirs."""
    about = {"about": matter.name, "account": matter.account_id, "unit": matter.unit_id}
    return acted(act, matter.id, {**about, **told}, named=matter.id)
