"""What somebody who left hands over: where it stands with the successor, and which message is a copy of which."""

import hashlib
from base64 import b32hexencode
from dataclasses import dataclass

from services.mail.domain.names import MAX_CHARACTERS, MAX_LEVELS, SEPARATOR

# The mailbox above all that comes from one account, as its new reader finds it.
TREE = "Boîte de {}"
# Of an address, what its tree is called by: room is left for the names below.
_SHOWN = 128
_CROCKFORD = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUV", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@dataclass(frozen=True, slots=True)
class Handover:
    """Who has the mailboxes of an account that was left, as the account's version `version` says."""

    account_id: str
    # Empty: nobody has them any more.
    successor_id: str
    version: int
    # Changes whenever there is something new to do, so that what was asked meanwhile is not taken for done.
    asked: str


@dataclass(frozen=True, slots=True)
class Given:
    """How far a mailbox has been given: up to which UID, into which mailbox of the successor."""

    to: str
    upto: int


def given_name(address: str, name: str, mailbox_id: str) -> str:
    """The name under which the successor finds a mailbox: below one that is named after the address.

    Names may have as many levels and characters with their owner as anywhere; what would be beyond that one level
    deeper is joined, and cut with an end that keeps it apart from others.
    """
    tree = TREE.format(address[:_SHOWN].replace(SEPARATOR, "-"))
    levels = [tree, *name.split(SEPARATOR)]
    deepest = "-".join(levels[MAX_LEVELS - 1 :])
    whole = SEPARATOR.join([*levels[: MAX_LEVELS - 1], deepest] if deepest else levels)
    if len(whole) <= MAX_CHARACTERS:
        return whole
    end = f" {mailbox_id[-8:]}"
    below = name.replace(SEPARATOR, "-")[: MAX_CHARACTERS - len(tree) - len(SEPARATOR) - len(end)]
    return f"{tree}{SEPARATOR}{below.rstrip()}{end}"


def given_id(origin: str, successor_id: str) -> str:
    """The id of the copy that a successor has of a message: the same however often it is made.

    `origin` is the document id of the message that was there first. Like any id it is a ULID: of the origin's time,
    and 80 bits that depend on both.
    """
    digest = hashlib.sha256(f"{origin}\x00{successor_id}".encode()).digest()
    return origin.partition(".")[2][:10] + b32hexencode(digest[:10]).decode("ascii").translate(_CROCKFORD)
