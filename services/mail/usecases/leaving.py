"""What may leave an account: rules given by who administers its units, and held to when a letter is accepted."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter

from chassis.errors import Forbidden
from chassis.events import Fact
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.leaving import Action, Leaving, Rule, UnitRules, about, attachment, checked, marks_of
from services.mail.domain.message import Content
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, leaving_warned

log = structlog.get_logger(__name__)
CAUGHT = Counter("mail_leaving_caught", "Letters that rules on what may leave were about", ["action"])


@dataclass(frozen=True, slots=True)
class Warned:
    """What the sender is told of a letter that leaves, and where the sender stands."""

    stands: Whereabouts
    rules: tuple[tuple[str, Rule], ...]
    subject: str


async def rules_above(mail: Mail, unit_path: Sequence[str]) -> list[UnitRules]:
    """All that hold for whoever stands at the end of a path from the root, those of the root first."""
    return await mail.store.leaving_policies.of(unit_path)


async def put_rules(mail: Mail, unit_id: str, stands: Whereabouts, rules: Sequence[Rule]) -> None:
    """Give a unit these rules instead of those it had. The audit log keeps it. Raises `InvalidInput`."""
    given = checked(rules)
    before = await mail.store.leaving_policies.of([unit_id])
    had = {rule.name: rule for each in before for rule in each.rules}
    has = {rule.name: rule for rule in given}
    told = {
        "rules": f"{len(had)} > {len(has)}",
        "put": ", ".join(f"{each.name} ({each.action.value})" for each in given if had.get(each.name) != each),
        "taken_away": ", ".join(name for name in had if name not in has),
    }
    act = acted("put_leaving_rules", unit_id, told, named=stands.name, unit_path=stands.unit_path)
    await mail.store.leaving_policies.put(unit_id, given, [act])


async def may_leave(mail: Mail, accepted: Accepted, header: bytes, content: Content) -> Warned | None:
    """Hold a letter to the rules of its sender's units: what its sender is to be told when it leaves, if anything.

    A letter that several rules are about is refused if one of them says so.
    Raises `Forbidden`, with the name and the text of the rule that refuses; the audit log keeps it.
    """
    stands = await mail.people.whereabouts(accepted.owner)
    policies = await rules_above(mail, stands.unit_path) if stands is not None else []
    if stands is None or not policies:
        return None
    letter = _leaving(mail, accepted, header, content)
    found = tuple((each.unit_id, rule) for each in policies for rule in each.rules if about(rule, letter))
    for unit_id, rule in found:
        if rule.action is Action.REFUSE:
            CAUGHT.labels(rule.action.value).inc()
            log.info("leaving_refused", account=accepted.owner, unit=unit_id, rule=rule.name)
            told = {"rule": rule.name, "unit": unit_id, "recipients": str(len(accepted.local) + len(accepted.foreign))}
            told |= {"letter": content.description.message_id[:200]}
            act = acted("leaving_refused", accepted.owner, told, named=stands.name, unit_path=stands.unit_path)
            await mail.store.notices.tell([act])
            raise Forbidden(f"{rule.name}: {rule.text}")
    if not found:
        return None
    CAUGHT.labels(Action.WARN.value).inc()
    return Warned(stands, found, content.description.subject)


def warnings(accepted: Accepted, warned: Warned) -> list[Fact]:
    """Facts for the transaction that accepts it: for the sender's notice, and for the audit log."""
    names = ", ".join(rule.name for _, rule in warned.rules)
    units = ", ".join(dict.fromkeys(unit_id for unit_id, _ in warned.rules))
    told = {"rule": names[:1000], "unit": units, "submission": accepted.id}
    stands = warned.stands
    return [
        leaving_warned(accepted.owner, accepted.id, warned.subject, [rule for _, rule in warned.rules]),
        acted("leaving_warned", accepted.owner, told, named=stands.name, unit_path=stands.unit_path),
    ]


def _leaving(mail: Mail, accepted: Accepted, header: bytes, content: Content) -> Leaving:
    return Leaving(
        marks_of(header),
        frozenset(each.rpartition("@")[2] for each in (*(who.address for who in accepted.local), *accepted.foreign)),
        # Of ours are some that still have their mail with a former server.
        not all(mail.domains.hold(each) for each in accepted.foreign),
        content.size,
        tuple(attachment(each.content_type, each.filename) for each in content.description.attachments),
    )
