"""Who is in a distribution list, and who may write to it, by what directory told of groups and people."""

from bisect import bisect_right
from collections.abc import Sequence

from chassis.errors import Forbidden, TooManyRequests
from chassis.people import Person
from services.mail.domain.envelope import Recipient, without_detail
from services.mail.domain.list_loops import Origin, origin
from services.mail.domain.lists import MEMBERS, PLATFORM, UNIT, Group, Rule, horizon, list_of
from services.mail.usecases.context import Mail

# Letters of one account that wait for moderators, whatever lists they are to: each has them written to.
MOST_WAITING = 50


async def members_after(mail: Mail, group: Group, cursor: str, count: int) -> tuple[list[Recipient], str | None]:
    """Up to `count` members whose ids follow `cursor`, each once whatever groups they are in, and where to go on; None
    when there are no more. A page may be short and not the last: what is looked at for one is bounded."""
    ids: set[str] = set()
    looked: list[tuple[list[str], bool]] = []
    for source in await mail.store.groups.spread(group):
        if source.rule is None:
            start = bisect_right(source.accounts, cursor)
            page = list(source.accounts[start : start + count])
            ids.update(page)
        else:
            people = await mail.people.page(source.rule.unit_id, cursor, count)
            page = [each.account_id for each in people]
            ids.update(each.account_id for each in people if _fits(source.rule, each))
        looked.append((page, len(page) == count))
    end = horizon(looked)
    wanted = sorted(each for each in ids if end is None or each <= end)
    if len(wanted) > count:
        wanted, end = wanted[:count], wanted[count - 1]
    return await _receiving(mail, wanted), end


async def _receiving(mail: Mail, account_ids: Sequence[str]) -> list[Recipient]:
    """Those that are there; who is suspended still receives, as it does what is written to itself."""
    people = await mail.people.by_ids(account_ids)
    return [Recipient(each.account_id, each.address) for each in people if each.address]


async def refuse_writing(mail: Mail, recipient: Recipient, account_id: str, header: bytes) -> None:
    """Raise `Forbidden` where the recipient is a list that the account may not write to, be it to wait for a
    moderator, or not a letter with this header, and `TooManyRequests` where as many of its letters wait as may."""
    if not (list_id := list_of(recipient.account_id)):
        return
    group = await mail.store.groups.list_by_id(list_id)
    # Another detail than that of its owners is where its letters bounce to: what comes there goes no further.
    if group is None or without_detail(recipient.address) != recipient.address:
        raise Forbidden(f"{recipient.address} takes no letters from you")
    came = origin(header, group)
    if came.ends:
        raise Forbidden(f"{recipient.address} takes neither its own letters again, nor answers of machines")
    policy = None if group.everybody else await mail.store.list_policies.get(group.id)
    if await writes_freely(mail, group, account_id):
        if came is not Origin.AUTOMATIC:
            return
        if policy is None or not policy.moderators:
            raise Forbidden(f"{recipient.address} takes no letters of machines")
    elif policy is None or not await _is_of(mail, group, policy.moderated, account_id):
        raise Forbidden(f"{recipient.address} takes no letters from you")
    if len(await mail.store.moderated.of(account_id)) >= MOST_WAITING:
        raise TooManyRequests("Too many letters of yours wait for moderators")


async def writes_freely(mail: Mail, group: Group, account_id: str) -> bool:
    """Whether the members get what an account writes to a list without anybody looking at it."""
    if group.named_writers:
        return account_id in group.writer_ids
    return await _is_of(mail, group, group.writers, account_id)


async def is_member(mail: Mail, group: Group, account_id: str) -> bool:
    return await _is_of(mail, group, MEMBERS, account_id)


async def _is_of(mail: Mail, group: Group, circle: str, account_id: str) -> bool:
    person = next(iter(await mail.people.by_ids([account_id])), None)
    if person is None:
        return False
    if circle == UNIT:
        return not group.unit_id or group.unit_id in person.unit_path
    if circle == MEMBERS:
        return any(_holds(source, person) for source in await mail.store.groups.spread(group))
    return circle == PLATFORM


def _holds(group: Group, person: Person) -> bool:
    return _fits(group.rule, person) if group.rule is not None else person.account_id in group.accounts


def _fits(rule: Rule, person: Person) -> bool:
    """What has no address is no person."""
    within = not rule.unit_id or rule.unit_id in person.unit_path
    return bool(person.address) and within and rule.fits(person.grade, person.place)
