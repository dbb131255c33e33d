"""Who moderates a list, whose letters wait for them, and what becomes of those from outside: said by who administers
the list's unit."""

from collections.abc import Sequence

from chassis.errors import Conflict, InvalidInput, NotFound
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.lists import Group
from services.mail.domain.moderation import CLOSED, MODERATED, NOBODY, OUTSIDE, ListPolicy
from services.mail.usecases.context import Mail
from services.mail.usecases.deciders import named_ids
from services.mail.usecases.facts import acted


async def find_list(mail: Mail, list_id: str) -> Group:
    """Raises `NotFound`."""
    group = await mail.store.groups.list_by_id(list_id)
    if group is None:
        raise NotFound("No such list")
    return group


async def policy_of(mail: Mail, group: Group) -> ListPolicy:
    """Where nothing was said nobody moderates."""
    return await mail.store.list_policies.get(group.id) or ListPolicy(group.id, (), NOBODY, ())


async def put_policy(
    mail: Mail,
    group: Group,
    stands: Whereabouts,
    moderators: Sequence[str],
    moderated: str,
    outside: str = CLOSED,
) -> None:
    """Give a list these moderators, by their addresses, instead of those it had; the audit log keeps it. Other
    processes know within seconds.

    Raises `InvalidInput`, and `Conflict` where letters wait and nobody is named any more.
    """
    if moderated not in MODERATED:
        raise InvalidInput("Not known whose letters wait", fields={"moderated": f"one of {', '.join(MODERATED)}"})
    if outside not in OUTSIDE:
        raise InvalidInput("Not known what comes from outside", fields={"outside": f"one of {', '.join(OUTSIDE)}"})
    for field, said, alone in (("moderated", moderated, NOBODY), ("outside", outside, CLOSED)):
        if group.everybody and said != alone:
            raise InvalidInput(
                "Who is not named does not write to everybody", fields={field: f"must be {alone} for such a group"}
            )
    named = await named_ids(mail, moderators, "moderators")
    if not named and (moderated, outside) != (NOBODY, CLOSED):
        raise InvalidInput("Nobody would decide", fields={"moderators": "name who decides on what waits"})
    if not named and await mail.store.moderated.waits_for(group.id):
        raise Conflict("Letters wait for moderation: name who decides on them")
    told = {"moderators": ", ".join(named.values()), "moderated": moderated, "outside": outside}
    act = acted("put_list_policy", group.id, told, named=group.address, unit_path=stands.unit_path)
    policy = ListPolicy(group.id, tuple(named), moderated, tuple(stands.unit_path), outside)
    await mail.store.list_policies.put(policy, [act])
    mail.known.list_policies.pop(group.id, None)
