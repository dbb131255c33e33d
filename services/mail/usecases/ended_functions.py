"""What functions that have ended keep: seen by who administers their unit, and given to somebody to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.errors import Conflict, InvalidInput, NotFound
from chassis.identity import Identity
from services.mail.domain.quota import Usage
from services.mail.domain.sharing import Function
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted
from services.mail.usecases.share_mailbox import grantee

PAGE = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """A function that has ended, what it keeps, and who was given that; "" for nobody."""

    function: Function
    usage: Usage
    successor_id: str


async def list_ended(mail: Mail, unit_id: str, after: str) -> tuple[list[Ended], str]:
    """Those of a unit and below it that keep letters, by their ids, which follow `after`; and after which id there may
    be more, "" where there are none."""
    page = await mail.store.functions.ended_in(unit_id, after, PAGE)
    return [each for each in await _told(mail, page) if each.usage.messages], page[-1].id if len(page) == PAGE else ""


async def hand_over_ended(mail: Mail, actor: Identity, function_id: str, successor: str) -> Ended:
    """Have an account given what an ended function keeps, or nobody any more. Repeatable; who was given something keeps
    it.

    Raises `NotFound` where the actor does not administer the function's unit, `InvalidInput` (no account that the actor
    administers, or the actor itself: nobody gives others' letters to oneself), `Conflict`.
    """
    function = await mail.store.functions.ended(function_id)
    if function is None or not actor.administers(function.unit_path):
        raise NotFound("No such function")
    account = await grantee(mail, successor) if successor else ""
    stands = await mail.people.whereabouts(account) if account else None
    if account and (stands is None or not actor.administers(stands.unit_path)):
        raise InvalidInput("Not an account of yours", fields={"successor": "is no account of your units"})
    if account == actor.account_id:
        raise InvalidInput("Not to oneself", fields={"successor": "is yourself"})
    details = {"address": function.former_address, "successor": successor.strip().lower() or "nobody"}
    act = acted(
        "hand_over_function_mailbox", function_id, details, named=function.former_address, unit_path=function.unit_path
    )
    version = await mail.store.handovers.version(function_id) + 1

    async def give(session: Any) -> None:
        if not await mail.store.handovers.name(function_id, account, version, mail.now(), session=session):
            raise Conflict("Somebody else gave it away meanwhile")
        await mail.store.notices.tell([act], session=session)

    await mail.store.transaction(give)
    (told,) = await _told(mail, [function])
    return told


async def _told(mail: Mail, functions: Sequence[Function]) -> list[Ended]:
    ids = [each.id for each in functions]
    usages, successors = await mail.store.usages.known(ids), await mail.store.handovers.successors(ids)
    return [
        Ended(each, usages[each.id].usage if each.id in usages else Usage(), successors.get(each.id, ""))
        for each in functions
    ]
