"""Mail's collections: the only place that knows the database."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pymongo.errors import PyMongoError

from chassis.documents import Index, transaction
from chassis.errors import Conflict, OverQuota, Unavailable
from chassis.events import outbox_index
from services.mail.store.allotments import Allotments
from services.mail.store.annotations import Annotations
from services.mail.store.asked_receipts import AskedReceipts
from services.mail.store.awaiting import AwaitingLetters
from services.mail.store.custodies import Custodies
from services.mail.store.delegations import Delegations
from services.mail.store.digests import Digests
from services.mail.store.erasures import Erasures
from services.mail.store.errors import Repeated, Taken
from services.mail.store.functions import Functions
from services.mail.store.grants import Grants
from services.mail.store.greylist import Greylist
from services.mail.store.groups import Groups
from services.mail.store.handovers import Handovers
from services.mail.store.held import HeldMessages
from services.mail.store.identities import Identities
from services.mail.store.imports import Imports
from services.mail.store.indexing import Indexing
from services.mail.store.journals import JournalEntries, Journals
from services.mail.store.leaving_policies import LeavingPolicies
from services.mail.store.list_letters import ListLetters
from services.mail.store.list_policies import ListPolicies
from services.mail.store.mailboxes import Mailboxes
from services.mail.store.matters import Matters
from services.mail.store.messages import Messages
from services.mail.store.moderated import ModeratedLetters
from services.mail.store.notices import Notices
from services.mail.store.pages import Pages
from services.mail.store.pools import Pools
from services.mail.store.postings import Postings
from services.mail.store.preserved import PreservedMessages
from services.mail.store.queue import Queue
from services.mail.store.queue_view import QueueView
from services.mail.store.receipt_policies import ReceiptPolicies
from services.mail.store.recoverable import RecoverableMessages
from services.mail.store.remembered import Remembered
from services.mail.store.repeats import Repeats
from services.mail.store.reports import Reports
from services.mail.store.retention_policies import RetentionPolicies
from services.mail.store.scripts import ScriptStore
from services.mail.store.sent_invitations import SentInvitations
from services.mail.store.signing_keys import SigningKeys
from services.mail.store.sts_policies import StsPolicies
from services.mail.store.submissions import Submissions
from services.mail.store.tallies import Tallies
from services.mail.store.tls_results import TlsResults
from services.mail.store.tombstones import Tombstones
from services.mail.store.uploads import Uploads
from services.mail.store.usages import RoomWanted, Usages
from services.mail.store.views import Views

T = TypeVar("T")
# So often what an account borrowed may be used up by its other letters before one gets in.
BORROWED_AT_MOST = 10

INDEXES: tuple[Index, ...] = (
    *Mailboxes.indexes,
    *Annotations.indexes,
    *Uploads.indexes,
    *Messages.indexes,
    *Indexing.indexes,
    *RecoverableMessages.indexes,
    *Pages.indexes,
    *Postings.indexes,
    *Tombstones.indexes,
    *Repeats.indexes,
    *Remembered.indexes,
    *Submissions.indexes,
    *Queue.indexes,
    *QueueView.indexes,
    *Notices.indexes,
    *Handovers.indexes,
    *Erasures.indexes,
    *SigningKeys.indexes,
    *StsPolicies.indexes,
    *TlsResults.indexes,
    *Tallies.indexes,
    *HeldMessages.indexes,
    *AwaitingLetters.indexes,
    *ListPolicies.indexes,
    *ModeratedLetters.indexes,
    *Greylist.indexes,
    *ScriptStore.indexes,
    *Reports.indexes,
    *Digests.indexes,
    *Grants.indexes,
    *Functions.indexes,
    *Groups.indexes,
    *ListLetters.indexes,
    *Delegations.indexes,
    *Usages.indexes,
    *Views.indexes,
    *Allotments.indexes,
    *Pools.indexes,
    *LeavingPolicies.indexes,
    *RetentionPolicies.indexes,
    *ReceiptPolicies.indexes,
    *AskedReceipts.indexes,
    *SentInvitations.indexes,
    *Journals.indexes,
    *JournalEntries.indexes,
    *Matters.indexes,
    *Custodies.indexes,
    *PreservedMessages.indexes,
)
# Collections whose documents carry facts to be published.
WITH_FACTS = tuple(index.collection for index in INDEXES if index == outbox_index(index.collection))


__all__ = ["INDEXES", "WITH_FACTS", "MailStore", "Repeated", "Taken"]


class MailStore:
    """All collections of one database, and transactions over them."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.usages = Usages(database)
        self.allotments = Allotments(database)
        self.pools = Pools(database, self.usages)
        self.leaving_policies = LeavingPolicies(database)
        self.retention_policies = RetentionPolicies(database)
        self.receipt_policies = ReceiptPolicies(database)
        self.asked_receipts = AskedReceipts(database)
        self.sent_invitations = SentInvitations(database)
        self.journals = Journals(database)
        self.journal_entries = JournalEntries(database)
        self.mailboxes = Mailboxes(database, self.usages)
        self.messages = Messages(database)
        self.indexing = Indexing(database)
        self.postings = Postings(database)
        self.recoverable = RecoverableMessages(database)
        self.preserved = PreservedMessages(database)
        self.matters = Matters(database)
        self.custodies = Custodies(database)
        self.pages = Pages(database)
        self.tombstones = Tombstones(database)
        self.annotations = Annotations(database)
        self.views = Views(database)
        self.uploads = Uploads(database)
        self.identities = Identities(database)
        self.repeats = Repeats(database)
        self.remembered = Remembered(database)
        self.submissions = Submissions(database)
        self.notices = Notices(database)
        self.handovers = Handovers(database)
        self.erasures = Erasures(database)
        self.signing_keys = SigningKeys(database)
        self.tallies = Tallies(database)
        self.held = HeldMessages(database)
        self.awaiting = AwaitingLetters(database)
        self.list_policies = ListPolicies(database)
        self.moderated = ModeratedLetters(database)
        self.greylist = Greylist(database)
        self.scripts = ScriptStore(database)
        self.sts_policies = StsPolicies(database)
        self.tls_results = TlsResults(database)
        self.queue_view = QueueView(database)
        self.reports = Reports(database)
        self.digests = Digests(database)
        self.imports = Imports(database)
        self.grants = Grants(database)
        self.functions = Functions(database)
        self.groups = Groups(database)
        self.list_letters = ListLetters(database)
        self.delegations = Delegations(database)

    async def transaction(self, act: Callable[[Any], Awaitable[T]]) -> T:
        """Run `act(session)`, perhaps more than once; all that it writes through the session happens, or nothing.

        An exception of its own rolls back and is raised. When an account has to borrow from the pools of its units
        first, that is a transaction of its own, so that who waits for a pool waits for nothing else.

        Raises `Conflict` when others keep winning, `Unavailable` when the database refuses, and `OverQuota` when what
        `act` adds finds no room.
        """
        for _ in range(BORROWED_AT_MOST):
            try:
                return await transaction(self._database, act)
            except RoomWanted as wanted:
                await self._borrow(wanted)
            except PyMongoError as error:
                raise Unavailable(f"database: {type(error).__name__}") from error
        raise Conflict("Others keep taking the room of the account")

    async def _borrow(self, wanted: RoomWanted) -> None:
        try:
            if not await transaction(self._database, lambda session: self.pools.borrow(wanted, session=session)):
                raise OverQuota("The room that the unit shares is full")
        except PyMongoError as error:
            raise Unavailable(f"database: {type(error).__name__}") from error
