"""What a list gives to nobody: its own letters that come back, and what machines answer. Pure."""

import re
from enum import Enum

from services.mail.domain.lists import Group
from services.mail.domain.mime.fields import unfolded
from services.mail.domain.mime.parameters import content_type, parameter
from services.mail.domain.sieve.answering import is_automatic, is_from_list
from services.mail.domain.sieve.letter import Letter

_OF_A_LETTER = {"delivery-status", "disposition-notification"}
_LIST_ID = re.compile(r"<([^<>]*)>\s*\Z")


class Origin(Enum):
    """What a letter to a list is, by its header."""

    # The list gave it to its members already (RFC 2919 §2).
    RETURNED = "returned"
    # An answer that a machine gives, or a report of what became of a letter (RFC 3834 §5, RFC 3464, RFC 8098).
    ANSWER = "answer"
    # Another letter of a machine's.
    AUTOMATIC = "automatic"
    # It came to many already: by another list, or as bulk.
    BULK = "bulk"
    WRITTEN = "written"

    @property
    def ends(self) -> bool:
        """Whether no moderator can have the members get it."""
        return self in (Origin.RETURNED, Origin.ANSWER)


def origin(header: bytes, group: Group) -> Origin:
    """The first of them that a letter to the group is."""
    letter = Letter(b"", header, 0)
    if group.list_id in map(_named, letter.values("list-id")):
        return Origin.RETURNED
    said = {each.partition(";")[0].strip().lower() for each in letter.values("auto-submitted")}
    reports = {_report(each) for each in letter.raw("content-type")}
    if "auto-replied" in said or reports & _OF_A_LETTER:
        return Origin.ANSWER
    if is_automatic(letter) or reports - {""}:
        return Origin.AUTOMATIC
    return Origin.BULK if is_from_list(letter) else Origin.WRITTEN


def _report(content_type_field: bytes) -> str:
    """What a multipart/report is of, "-" where it does not say; empty for what is none."""
    found = content_type(unfolded(content_type_field))
    if found is None or found[:2] != ("multipart", "report"):
        return ""
    return parameter(found[2], "report-type").lower() or "-"


def _named(value: str) -> str:
    """What a List-Id names, lower case; its phrase, which may say anything, stands before that."""
    found = _LIST_ID.search(value)
    return (found[1] if found else value).strip().lower()
