"""Directory's documents: the only place that knows MongoDB."""

from services.directory.store.accounts import AccountStore
from services.directory.store.acts import ActStore
from services.directory.store.address_books import AddressBookStore
from services.directory.store.app_passwords import AppPasswordStore
from services.directory.store.approvals import ApprovalStore
from services.directory.store.audit import AuditStore
from services.directory.store.batches import BatchStore
from services.directory.store.changes import ChangeStore
from services.directory.store.contacts import ContactStore
from services.directory.store.domains import DomainStore
from services.directory.store.erasure import ErasureStore
from services.directory.store.factors import FactorStore
from services.directory.store.functions import FunctionStore
from services.directory.store.groups import GroupStore
from services.directory.store.indexes import INDEXES, OUTBOXES
from services.directory.store.installation import InstallationStore
from services.directory.store.jobs import JobStore
from services.directory.store.keys import KeyStore
from services.directory.store.letters import AskedStore, LetterStore
from services.directory.store.moves import MoveStore
from services.directory.store.one_time import OneTimeStore
from services.directory.store.personal import PersonalStore
from services.directory.store.photos import PhotoStore
from services.directory.store.sessions import SessionStore
from services.directory.store.spent import SpentStore
from services.directory.store.tree import TreeStore
from services.directory.store.tries import TriesStore
from services.directory.store.units import UnitStore

__all__ = [
    "INDEXES",
    "OUTBOXES",
    "AccountStore",
    "ActStore",
    "AddressBookStore",
    "AppPasswordStore",
    "ApprovalStore",
    "AskedStore",
    "AuditStore",
    "BatchStore",
    "ChangeStore",
    "ContactStore",
    "DomainStore",
    "ErasureStore",
    "FactorStore",
    "FunctionStore",
    "GroupStore",
    "InstallationStore",
    "JobStore",
    "KeyStore",
    "LetterStore",
    "MoveStore",
    "OneTimeStore",
    "PersonalStore",
    "PhotoStore",
    "SessionStore",
    "SpentStore",
    "TreeStore",
    "TriesStore",
    "UnitStore",
]
