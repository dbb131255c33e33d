"""Commands of RFC 4314 §3."""

from services.mail.imap.codec import commands as verbs
from services.mail.imap.codec.cursor import Cursor


def set_acl(tag: str, cursor: Cursor) -> verbs.Command:
    mailbox, identifier = _about(cursor)
    cursor.space()
    return verbs.SetAcl(tag, mailbox, identifier, cursor.astring().decode("utf-8"))


def delete_acl(tag: str, cursor: Cursor) -> verbs.Command:
    return verbs.DeleteAcl(tag, *_about(cursor))


def list_rights(tag: str, cursor: Cursor) -> verbs.Command:
    return verbs.ListRights(tag, *_about(cursor))


def get_acl(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    return verbs.GetAcl(tag, cursor.mailbox())


def my_rights(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    return verbs.MyRights(tag, cursor.mailbox())


def _about(cursor: Cursor) -> tuple[str, str]:
    """A mailbox and an identifier."""
    cursor.space()
    mailbox = cursor.mailbox()
    cursor.space()
    return mailbox, cursor.astring().decode("utf-8")
