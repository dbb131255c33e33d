"""GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208 §4.1)."""

from dataclasses import dataclass

from services.mail.imap.codec.commands import Command
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadSyntax

MOST_RESOURCES = 20


@dataclass(frozen=True, slots=True)
class GetQuota(Command):
    root: bytes


@dataclass(frozen=True, slots=True)
class GetQuotaRoot(Command):
    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota(Command):
    """What it should be does not matter: nobody sets a quota here."""

    root: bytes


def get_quota(tag: str, cursor: Cursor) -> Command:
    cursor.space()
    return GetQuota(tag, cursor.astring())


def get_quota_root(tag: str, cursor: Cursor) -> Command:
    cursor.space()
    return GetQuotaRoot(tag, cursor.mailbox())


def set_quota(tag: str, cursor: Cursor) -> Command:
    cursor.space()
    root = cursor.astring()
    cursor.expect(b" (")
    count = 0
    while not cursor.skip(b")"):
        if count:
            cursor.space()
        cursor.word("a resource")
        cursor.space()
        cursor.modseq()  # RFC 9208 §7: a number of 63 bits
        count += 1
        if count > MOST_RESOURCES:
            raise BadSyntax("Too many resources")
    return SetQuota(tag, root)
