"""What may leave an account: rules given by who administers its units, and held to when a letter is accepted."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter

from chassis.errors import Conflict, Forbidden, InvalidInput
from chassis.events import Fact
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.leaving import Action, Leaving, Rule, UnitRules, about, attachment, checked, marks_of
from services.mail.domain.message import Content
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.deciders import named_ids
from services.mail.usecases.facts import acted, approval_requested, leaving_warned

log = structlog.get_logger(__name__)
CAUGHT = Counter("mail_leaving_caught", "Letters that rules on what may leave were about", ["action"])


@dataclass(frozen=True, slots=True)
class Caught:
    """The rules that are about a letter and do not refuse it, each with its unit, and where its sender stands."""

    stands: Whereabouts
    rules: tuple[tuple[str, Rule], ...]
    subject: str

    @property
    def holding(self) -> tuple[str, ...]:
        """The units that have to approve it before it leaves."""
        return tuple(dict.fromkeys(unit_id for unit_id, rule in self.rules if rule.action is Action.HOLD))


async def rules_above(mail: Mail, unit_path: Sequence[str]) -> list[UnitRules]:
    """All that hold for whoever stands at the end of a path from the root, those of the root first."""
    return await mail.store.leaving_policies.of(unit_path)


async def put_rules(
    mail: Mail, unit_id: str, stands: Whereabouts, rules: Sequence[Rule], approvers: Sequence[str] = ()
) -> None:
    """Give a unit these rules instead of those it had, and the addresses of those who decide on what they hold. The
    audit log keeps it. Raises `InvalidInput`, and `Conflict` where letters wait and nobody is named any more."""
    given = checked(rules)
    named = await named_ids(mail, approvers, "approvers")
    if not named and any(each.action is Action.HOLD for each in given):
        raise InvalidInput("Nobody would approve", fields={"approvers": "name who decides on what a rule holds"})
    if not named and await mail.store.awaiting.waits_for(unit_id):
        raise Conflict("Letters wait for approval: name who decides on them")
    before = await mail.store.leaving_policies.of([unit_id])
    had = {rule.name: rule for each in before for rule in each.rules}
    has = {rule.name: rule for rule in given}
    told = {
        "rules": f"{len(had)} > {len(has)}",
        "put": ", ".join(f"{each.name} ({each.action.value})" for each in given if had.get(each.name) != each),
        "taken_away": ", ".join(name for name in had if name not in has),
    }
    if [each for policy in before for each in policy.approvers] != list(named):
        told["approvers"] = ", ".join(named.values())
    act = acted("put_leaving_rules", unit_id, told, named=stands.name, unit_path=stands.unit_path)
    await mail.store.leaving_policies.put(UnitRules(unit_id, given, tuple(named)), [act])


async def may_leave(mail: Mail, accepted: Accepted, header: bytes, content: Content) -> Caught | None:
    """Hold a letter to the rules of its sender's units: those that are about it, if any.

    A letter that several rules are about is refused if one of them says so, and else waits if one of them holds it.
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
    caught = Caught(stands, found, content.description.subject)
    CAUGHT.labels((Action.HOLD if caught.holding else Action.WARN).value).inc()
    return caught


def told_of(accepted: Accepted, caught: Caught) -> list[Fact]:
    """Facts for the transaction that accepts it: for who is to be told, and for the audit log."""
    names = ", ".join(rule.name for _, rule in caught.rules)
    units = ", ".join(dict.fromkeys(unit_id for unit_id, _ in caught.rules))
    told = {"rule": names[:1000], "unit": units, "submission": accepted.id}
    stands, act = caught.stands, "leaving_held" if caught.holding else "leaving_warned"
    return [
        approval_requested(accepted.owner, accepted.id)
        if caught.holding
        else leaving_warned(accepted.owner, accepted.id, caught.subject, [rule for _, rule in caught.rules]),
        acted(act, accepted.owner, told, named=stands.name, unit_path=stands.unit_path),
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
