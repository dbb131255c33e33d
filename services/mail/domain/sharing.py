"""Mailboxes of others, and writing in the name of others: what it is called and who is meant."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from chassis.errors import InvalidInput
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.names import SEPARATOR, mailbox_name
from services.mail.domain.rights import NONE, Rights, rights

# Other users' namespace and the shared one (RFC 2342 §5): those of accounts, and those of functions, which nobody owns.
OTHERS, FUNCTIONS = "Autres utilisateurs", "Fonctions"
NAMESPACES = (OTHERS, FUNCTIONS)
# Accounts that one mailbox may be shared with.
MAX_GRANTS = 200

Acl = tuple[tuple[str, str], ...]


def in_namespace(name: str) -> bool:
    """Whether a name is one of others, and none that an account's own mailbox may have."""
    return name.partition(SEPARATOR)[0].casefold() in {each.casefold() for each in NAMESPACES}


def own_name(given: str) -> str:
    """The canonical form of a name that an account's own mailbox may have. Raises `InvalidInput`."""
    name = mailbox_name(given)
    if in_namespace(name):
        raise InvalidInput("The name is kept for mailboxes of others", fields={"mailbox.name": "is kept for others'"})
    return name


def shown_name(address: str, name: str, *, of_function: bool) -> str:
    """What a mailbox of somebody else is called: "Autres utilisateurs/agent1@numerique.gouv.tg/Projets"."""
    return SEPARATOR.join((FUNCTIONS if of_function else OTHERS, address, name))


def granted(acl: Acl, account_id: str) -> Rights:
    return next((rights(letters) for who, letters in acl if who == account_id), NONE)


def with_grant(acl: Acl, account_id: str, letters: str) -> Acl:
    """The list with that entry for an account, and without one when `letters` are none."""
    others = tuple(entry for entry in acl if entry[0] != account_id)
    return (*others, (account_id, letters)) if letters else others


@dataclass(frozen=True, slots=True)
class Function:
    """A function as directory told of it: an address that belongs to a post."""

    id: str
    address: str
    # Who holds it now or stands in: they read and answer what is written to it.
    standing: tuple[str, ...]
    # What is written to it stays with it, in mailboxes of its own.
    own_mailbox: bool
    version: int
    # Ids of the units from the root down to its own.
    unit_path: tuple[str, ...] = ()
    # Of one that has ended: the address that it had.
    former_address: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """A mailbox of somebody else, as one account sees it; `box` has the name and subscription of that account."""

    box: Mailbox
    rights: Rights
    # Whose it is.
    address: str
    of_function: bool
    # As its owner calls it.
    own_name: str


def shared(box: Mailbox, held: Rights, address: str, *, of_function: bool, subscribed: bool) -> Shared:
    """Uses (RFC 6154) are for their owner: a client must not file what it sends in somebody else's Sent."""
    name = shown_name(address, box.name, of_function=of_function)
    shown = replace(box, name=name, special_use=None, subscribed=subscribed)
    return Shared(shown, held, address, of_function, box.name)


class Capacity(Enum):
    """How somebody writes in another's name."""

    # As that other one: readers see nobody else.
    AS = "as"
    # For that other one: `Sender` says who wrote (RFC 5322 §3.6.2).
    ON_BEHALF = "on_behalf"


@dataclass(frozen=True, slots=True)
class Delegation:
    """An account may write in the name of an owner, an account or a function."""

    owner: str
    delegate: str
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class Name:
    """An address that somebody else than its owner may write in From."""

    address: str
    owner: str
    capacity: Capacity
    # Whether what is written stays with a function: its copy is the function's alone.
    of_function: bool = False


def name_of(names: Iterable[Name], address: str) -> Name | None:
    return next((name for name in names if name.address == address), None)
