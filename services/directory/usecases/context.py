"""What every use case is given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chassis.gathering import Gathering
from services.directory.cookies import Cookies
from services.directory.domain.audit import Record
from services.directory.domain.policy import Policy
from services.directory.hashing import PasswordHasher
from services.directory.mailing import Mailing
from services.directory.openid import OpenId
from services.directory.phonebook import Phonebook
from services.directory.photos import Photos
from services.directory.refreshing import RefreshTokens
from services.directory.remembered import RememberedPasswords
from services.directory.sealing import Sealer
from services.directory.signing import SigningKeys
from services.directory.store import (
    AccountStore,
    ActStore,
    AddressBookStore,
    AppPasswordStore,
    ApprovalStore,
    AuditStore,
    BatchStore,
    ContactStore,
    DomainStore,
    ErasureStore,
    FactorStore,
    FunctionStore,
    GroupStore,
    InstallationStore,
    JobStore,
    MoveStore,
    OneTimeStore,
    PersonalStore,
    SessionStore,
    SpentStore,
    TreeStore,
    TriesStore,
    UnitStore,
)
from services.directory.turns import Turns
from services.directory.witness import Witness


def utc_now() -> datetime:
    """The present, to the millisecond, as the database keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Directory:
    """The service at work."""

    accounts: AccountStore
    tree: TreeStore
    units: UnitStore
    domains: DomainStore
    approvals: ApprovalStore
    moves: MoveStore
    groups: GroupStore
    functions: FunctionStore
    sessions: SessionStore
    tries: TriesStore
    factors: FactorStore
    app_passwords: AppPasswordStore
    spent: SpentStore
    one_time: OneTimeStore
    batches: BatchStore
    installation: InstallationStore
    acts: ActStore
    audit: AuditStore
    jobs: JobStore
    erasure: ErasureStore
    personal: PersonalStore
    witness: Witness
    keys: SigningKeys
    refresh_tokens: RefreshTokens
    cookies: Cookies
    sealer: Sealer
    hasher: PasswordHasher
    remembered: RememberedPasswords
    phonebook: Phonebook
    openid: OpenId
    mailing: Mailing
    address_books: AddressBookStore
    contacts: ContactStore
    photos: Photos
    policy: Policy = field(default_factory=Policy)
    first_administrator_secret: str = field(default="", repr=False)
    turns: Turns = field(default_factory=Turns)
    # How long the account of somebody who left is kept.
    departed_kept: timedelta = timedelta(days=180)
    # Records that come together are appended together.
    appending: Gathering[Record, int] = field(default_factory=Gathering)
    clock: Callable[[], datetime] = utc_now
