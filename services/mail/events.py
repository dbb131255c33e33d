"""What mail's worker does when facts or time tell it to."""

from contextlib import suppress
from datetime import UTC, timedelta
from functools import partial

from workspace.calendar.v1.events_pb2 import InvitationRequested, LetterRequested
from workspace.directory.v1.events_pb2 import (
    AccountCreated,
    AccountDeleted,
    FunctionAssigned,
    GroupChanged,
    MailboxHandedOver,
    PersonalDataErasureRequested,
    PersonalDataExportRequested,
    UnitDissolved,
    UnitMerged,
)
from workspace.mail.v1.events_pb2 import (
    ApprovalDecided,
    ApprovalRequested,
    LeavingWarned,
    MailboxChanged,
    ModerationDecided,
    ModerationRequested,
    PhishingReported,
    QuotaReached,
)

from chassis.blobs import Sweeper
from chassis.errors import NotFound
from chassis.events import Envelope, Listener, every, hears
from chassis.people import People
from services.mail.domain.approval import Outcome
from services.mail.domain.approval_letter import Decided, decision_letter
from services.mail.domain.invitation import Invitation
from services.mail.domain.leaving_letter import LeftAnyway, leaving_letter
from services.mail.domain.lists import MEMBERS, Group, Rule
from services.mail.domain.mime import Address
from services.mail.domain.moderation import Outcome as Moderation
from services.mail.domain.moderation_letter import Moderated, outcome_letter
from services.mail.domain.own_letter import own_letter
from services.mail.domain.phishing import Report
from services.mail.domain.pool_letter import PoolTold
from services.mail.domain.quota_letter import Told
from services.mail.domain.sharing import Function
from services.mail.usecases import Mail, forget_expunges, named_blobs, provision, resume_submissions
from services.mail.usecases.ask_moderators import ask_moderators
from services.mail.usecases.await_approval import ask_approvers, expire_awaiting
from services.mail.usecases.await_moderation import tend_moderated
from services.mail.usecases.delete_mailbox import clear_mailbox
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.expand_lists import expand_due
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.follow_matters import follow_matters
from services.mail.usecases.hand_over import hand_over_due, name_successor
from services.mail.usecases.index_terms import index_due
from services.mail.usecases.judge import tell_security
from services.mail.usecases.missed_members import tell_missed
from services.mail.usecases.personal_data import erase_personal_data, export_personal_data
from services.mail.usecases.quota import recount_due
from services.mail.usecases.recoverable import forget_recoverable
from services.mail.usecases.release import release_due
from services.mail.usecases.remove_old import remove_old
from services.mail.usecases.send_invitation import Asked, send_invitation
from services.mail.usecases.shelve_terms import shelve_due
from services.mail.usecases.take_reports import take_reports
from services.mail.usecases.tell_junk import tell_junk
from services.mail.usecases.tell_outside import tell_outside
from services.mail.usecases.tell_owner import tell_owner
from services.mail.usecases.tend_pools import tend_pools
from services.mail.usecases.warn_of_quota import warn_of_pool, warn_of_quota
from services.mail.usecases.write_journals import write_journals

HOUR = 3600.0
# Characters of what calendar writes above its letters.
_SUBJECT = 300
# By then a successor has what came, and the mail of a deleted account begins to go.
HAND_OVER_SECONDS = 5.0
# So late a held message may leave.
RELEASE_SECONDS = 2.0
# So long a search has to read what came.
INDEX_SECONDS = 2.0
# So late the members of a list begin to get a letter.
EXPAND_SECONDS = 2.0
# So late what a new pool is shared by begins to be counted.
POOLS_SECONDS = 5.0
# So often journals get what waits for them.
JOURNAL_SECONDS = 5.0


class MailEvents(Listener):
    """Every handler may run again: what it does once it does not do twice."""

    name = "mail"

    def __init__(self, mail: Mail, people: People, sweeper: Sweeper, expunges_kept: timedelta) -> None:
        self._mail = mail
        self._people = people
        self._sweeper = sweeper
        self._expunges_kept = expunges_kept

    @hears(AccountCreated, idempotent=True, announced=True)
    async def provision(self, fact: AccountCreated, _envelope: Envelope) -> None:
        """A new account finds its mailboxes when it first logs in."""
        with suppress(NotFound):  # heard late: the account was deleted meanwhile
            await provision(self._mail, fact.account.account_id)

    @hears(FunctionAssigned, idempotent=True, announced=True)
    async def follow_function(self, fact: FunctionAssigned, envelope: Envelope) -> None:
        """Who holds it works in its mailbox from now on, and nobody else."""
        standing = tuple(fact.holder_ids) or ((fact.fallback_id,) if fact.fallback_id else ())
        address = "" if fact.ended else fact.address
        function = Function(
            fact.function_id,
            address,
            standing,
            fact.own_mailbox and not fact.ended,
            envelope.version,
            unit_path=tuple(fact.unit_path),
            former_address=fact.address if fact.ended else "",
        )
        await follow_function(self._mail, function)

    @hears(GroupChanged, idempotent=True, announced=True)
    async def follow_group(self, fact: GroupChanged, envelope: Envelope) -> None:
        """Which groups are lists, and who is in them."""
        said = fact.rule
        rule = Rule(said.unit_id, said.grade, said.place, said.everybody) if fact.HasField("rule") else None
        group = Group(
            id=fact.group_id,
            name=fact.name,
            address=fact.address,
            unit_id=fact.unit_id,
            accounts=tuple(fact.account_ids),
            groups=tuple(fact.group_ids),
            rule=rule,
            writers=fact.writers or MEMBERS,
            writer_ids=tuple(fact.writer_ids),
            version=envelope.version,
        )
        await self._mail.store.groups.told(group)

    @hears(UnitMerged, UnitDissolved, idempotent=True)
    async def follow_unit(self, fact: UnitMerged | UnitDissolved, _envelope: Envelope) -> None:
        """Groups of a unit that is no more, and rules over it, are the other unit's."""
        heir = fact.into_id if isinstance(fact, UnitMerged) else fact.successor_id
        if heir:
            await self._mail.store.groups.inherited(fact.unit_id, heir)

    @every(EXPAND_SECONDS)
    async def expand_lists(self) -> None:
        """Give letters to lists to the members."""
        await expand_due(self._mail)

    @every(60.0)
    async def tell_missed(self) -> None:
        """Tell who wrote to lists of the members who had no room for it."""
        await tell_missed(self._mail)

    @hears(MailboxHandedOver, idempotent=True, announced=True)
    async def name_successor(self, fact: MailboxHandedOver, envelope: Envelope) -> None:
        """Only what is newer counts; the giving itself is a round's, since it may take long."""
        await name_successor(self._mail, fact.account_id, fact.successor_id, envelope.version)

    @every(HAND_OVER_SECONDS)
    async def hand_over(self) -> None:
        """Give the mailboxes of who left to who succeeds, and what came for them since."""
        await hand_over_due(self._mail, self._people)

    @hears(AccountDeleted, idempotent=True)
    async def begin_erasure(self, fact: AccountDeleted, _envelope: Envelope) -> None:
        await begin_erasure(self._mail, fact.account.account_id, tuple(fact.account.unit_path))

    @every(HAND_OVER_SECONDS)
    async def erase(self) -> None:
        """Erase the mail of accounts that are no more."""
        await erase_due(self._mail)

    @hears(MailboxChanged, idempotent=True)
    async def clear(self, fact: MailboxChanged, _envelope: Envelope) -> None:
        """The process that deleted a mailbox may have died before it removed what was in it."""
        if fact.deleted:
            await clear_mailbox(self._mail, fact.account_id, fact.mailbox_id)

    @hears(PersonalDataExportRequested)
    async def export_personal_data(self, fact: PersonalDataExportRequested, _envelope: Envelope) -> None:
        await export_personal_data(self._mail, fact.request_id, fact.account_id)

    @hears(PersonalDataErasureRequested)
    async def erase_personal_data(self, fact: PersonalDataErasureRequested, _envelope: Envelope) -> None:
        """Tried again until mail has heard that the account is gone."""
        await erase_personal_data(self._mail, self._people, fact.request_id, fact.account_id)

    @hears(PhishingReported, idempotent=True)
    async def tell_security(self, fact: PhishingReported, envelope: Envelope) -> None:
        """The security team gets a copy."""
        at = envelope.time.ToDatetime(UTC)
        told = Report(envelope.id, fact.reported_by, getattr(fact, "from"), fact.subject, at)
        await tell_security(self._mail, fact.account_id, fact.message_id, told)

    @every(INDEX_SECONDS)
    async def index(self) -> None:
        """Keep the words of what came, and shelve them for who searches."""
        await index_due(self._mail)
        await shelve_due(self._mail)

    @every(60.0)
    async def tell_junk(self) -> None:
        """In the morning, what came to the junk mailbox."""
        await tell_junk(self._mail)

    @every(60.0)
    async def take_reports(self) -> None:
        """Read what others report of our domains."""
        await take_reports(self._mail)

    @hears(QuotaReached, idempotent=True)
    async def warn_of_quota(self, fact: QuotaReached, envelope: Envelope) -> None:
        """Whoever reads the letter can do something about it."""
        at = envelope.time.ToDatetime(UTC)
        told = Told(envelope.id, at, fact.resource, fact.used, fact.allowed, fact.percent)
        if fact.unit_id:
            await warn_of_pool(self._mail, fact.unit_path, PoolTold(fact.unit_name, told))
            return
        with suppress(NotFound):  # the account was deleted meanwhile
            await warn_of_quota(self._mail, fact.account_id, told)

    @hears(LeavingWarned, idempotent=True)
    async def tell_of_leaving(self, fact: LeavingWarned, envelope: Envelope) -> None:
        """Who sent what a rule is about reads of it."""
        rules = [(each.name, each.text) for each in fact.rules]
        told = LeftAnyway(envelope.id, envelope.time.ToDatetime(UTC), fact.subject, rules)
        with suppress(NotFound):  # the account was deleted meanwhile
            await tell_owner(self._mail, fact.account_id, partial(leaving_letter, told))

    @hears(ModerationRequested, idempotent=True)
    async def ask_moderators(self, fact: ModerationRequested, _envelope: Envelope) -> None:
        """Who moderates a list reads of a letter that waits, and who sent it."""
        await ask_moderators(self._mail, fact.letter_id)

    @hears(ModerationDecided, idempotent=True)
    async def tell_of_moderation(self, fact: ModerationDecided, envelope: Envelope) -> None:
        """Who wrote to the list reads what became of it."""
        at, outcome = envelope.time.ToDatetime(UTC), Moderation(fact.outcome)
        told = Moderated(envelope.id, at, fact.list_address, fact.subject, outcome, fact.decided_by, fact.reason)
        if fact.sender:
            source = outcome_letter(told, fact.sender, self._mail.domains.names[0])
            await tell_outside(self._mail, fact.letter_id, fact.sender, source)
            return
        with suppress(NotFound):  # the account was deleted meanwhile
            await tell_owner(self._mail, fact.account_id, partial(outcome_letter, told))

    @every(60.0)
    async def tend_moderated(self) -> None:
        """Have moderators asked of what came soon after another letter, and end what none decided on in time."""
        await tend_moderated(self._mail)

    @hears(ApprovalRequested, idempotent=True)
    async def ask_approvers(self, fact: ApprovalRequested, _envelope: Envelope) -> None:
        """Who may approve a letter that waits reads of it, and who sent it."""
        await ask_approvers(self._mail, fact.account_id, fact.submission_id)

    @hears(ApprovalDecided, idempotent=True)
    async def tell_of_decision(self, fact: ApprovalDecided, envelope: Envelope) -> None:
        """Who sent it reads what became of it."""
        at, outcome = envelope.time.ToDatetime(UTC), Outcome(fact.outcome)
        told = Decided(envelope.id, at, fact.subject, outcome, fact.decided_by, fact.reason)
        with suppress(NotFound):  # the account was deleted meanwhile
            await tell_owner(self._mail, fact.account_id, partial(decision_letter, told))

    @every(60.0)
    async def expire_awaiting(self) -> None:
        """Give back what nobody approved in time."""
        await expire_awaiting(self._mail)

    @every(POOLS_SECONDS)
    async def tend_pools(self) -> None:
        """Count what new pools are to count, and tell of those that are nearly full."""
        await tend_pools(self._mail)

    @hears(InvitationRequested, idempotent=True)
    async def send_invitation(self, fact: InvitationRequested, envelope: Envelope) -> None:
        """Calendar writes to people as the account, once for each request."""
        people = [Address(each.name, each.address) for each in fact.attendees]
        invitation = Invitation(people, fact.method, fact.subject, fact.text, fact.content)
        at, sender = envelope.time.ToDatetime(UTC), getattr(fact, "from")
        asked = Asked(envelope.id, at, fact.account_id, sender, fact.uid, invitation, secret=fact.secret)
        await send_invitation(self._mail, self._people, asked)

    @hears(LetterRequested, idempotent=True)
    async def tell_of_calendar(self, fact: LetterRequested, envelope: Envelope) -> None:
        """Calendar has something to tell an agent: the same fact makes the same letter."""
        at = envelope.time.ToDatetime(UTC)

        def written(address: str, domain: str) -> bytes:
            unique = f"calendar.{envelope.id.lower()}@{domain}"
            return own_letter(fact.subject[:_SUBJECT], address, unique, at, list(fact.paragraphs))

        await tell_owner(self._mail, fact.account_id, written)

    @every(60.0)
    async def follow_matters(self) -> None:
        """Find whose mail is kept for matters, and give up what was kept for those that ended."""
        await follow_matters(self._mail)

    @every(JOURNAL_SECONDS)
    async def write_journals(self) -> None:
        """Report letters to the journals that are kept of them."""
        await write_journals(self._mail)

    @every(60.0)
    async def recount(self) -> None:
        """Compare what accounts keep with their mailboxes."""
        await recount_due(self._mail)

    @every(30.0)
    async def resume(self) -> None:
        """Deliver what a dead process accepted."""
        await resume_submissions(self._mail)

    @every(RELEASE_SECONDS)
    async def release(self) -> None:
        """Send what was held, when its time has come."""
        await release_due(self._mail, self._people)

    @every(HOUR)
    async def sweep(self) -> None:
        """Reclaim blobs that no document names."""
        await self._sweeper.sweep(partial(named_blobs, self._mail))
        await self._sweeper.sweep_objects()

    @every(HOUR)
    async def rewrap(self) -> None:
        """Bring blobs under the newest service key, so that older ones can be dropped."""
        await self._sweeper.rewrap()

    @every(HOUR)
    async def forget_recoverable(self) -> None:
        """What was deleted long enough ago goes for good."""
        await forget_recoverable(self._mail)

    @every(60.0)
    async def remove_old(self) -> None:
        """What is older than its mailbox keeps it is deleted."""
        await remove_old(self._mail)

    @every(6 * HOUR)
    async def forget(self) -> None:
        await forget_expunges(self._mail, self._expunges_kept)
