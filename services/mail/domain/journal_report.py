"""The report by which a journal gets a letter: who wrote it, who got it, and the whole letter.

The form is that which archives know: a text of `Field: value` lines, then the letter as message/rfc822. The same report
gives the same octets, so that giving it again after a crash makes no second copy.
"""

import re
from collections.abc import Sequence

from services.mail.domain.journal import Direction, Journaled, Waiting
from services.mail.domain.mime import MessageDescription
from services.mail.domain.own_letter import own_fields
from services.mail.domain.plain import one_line

# The field by which a report of ours is known (`sealed`), and one by which archives know a report.
SEAL, MARK = "X-Workspace-Journal", "X-Journal-Report"
_SEALED = re.compile(rb"^x-workspace-journal:[ \t]*(\S{1,64}) (\S{1,512})[ \t]*\r?$", re.I | re.M)
_LIST = re.compile(rb"^list-post:[ \t]*<mailto:([^<>\s]{3,254})>", re.I | re.M)


def journal_report(
    waiting: Waiting, description: MessageDescription, postmaster_domain: str, *, ascii_header: bool
) -> tuple[bytes, bytes]:
    """What stands before the letter and what after it. `ascii_header`: of the letter."""
    first = waiting.entries[0]
    boundary = f"=_journal.{waiting.report_id}"
    subject = f"Journal : {one_line(description.subject, 200)}"
    fields = [
        *own_fields(subject, first.to, f"journal.{waiting.report_id.lower()}@{postmaster_domain}", first.at),
        f"{MARK}: {waiting.report_id}",
        f"{SEAL}: {waiting.report_id} {waiting.seal}",
        f'Content-Type: multipart/mixed; boundary="{boundary}"',
    ]
    text = "\r\n".join(_lines(waiting.entries, description)) + "\r\n"
    original = "message/rfc822" if ascii_header else "message/global"
    body = (
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
        f"\r\n--{boundary}\r\nContent-Type: {original}\r\nContent-Transfer-Encoding: 8bit\r\n"
        "Content-Disposition: attachment\r\n\r\n"
    )
    before = "\r\n".join(fields).encode() + b"\r\n\r\n" + body.encode() + _above(waiting.entries)
    return before, f"\r\n--{boundary}--\r\n".encode()


def sealed(header: bytes) -> tuple[str, str] | None:
    """The id and the seal of the report whose header this is; the seal may be anybody's."""
    found = _SEALED.search(header)
    return (found[1].decode("ascii", "replace"), found[2].decode("ascii", "replace")) if found else None


def expanded(prefix: bytes) -> str:
    """The address of the list by which a letter came, as what stands above it says."""
    found = _LIST.search(prefix)
    return found[1].decode("utf-8", "replace") if found else ""


def _lines(entries: Sequence[Journaled], description: MessageDescription) -> list[str]:
    directions = {each.direction.value for each in entries}
    lines = [
        f"Sender: {one_line(entries[0].sender, 300) or '<>'}",
        f"Subject: {one_line(description.subject, 500)}",
        f"Message-Id: {one_line(description.message_id, 300)}",
        f"Direction: {', '.join(sorted(directions))}",
        f"Date: {entries[0].at.strftime('%Y-%m-%dT%H:%M:%SZ')}",
    ]
    to = {who.address.lower() for who in description.to}
    cc = {who.address.lower() for who in description.cc}
    # Who wrote it says whom it was to beside those that it names.
    hidden = "Bcc" if Direction.SENT.value in directions else "Recipient"
    by_list = {who: each.expanded for each in entries for who in each.recipients if each.expanded}
    for who in dict.fromkeys(who for each in entries for who in each.recipients):
        name = "To" if who.lower() in to else "Cc" if who.lower() in cc else hidden
        lines.append(f"{name}: {one_line(who, 300)}" + (f", Expanded: {by_list[who]}" if who in by_list else ""))
    return lines


def _above(entries: Sequence[Journaled]) -> bytes:
    """What stood above the letter where it came first, if it came from somebody."""
    return entries[0].prefix if all(each.direction is Direction.RECEIVED for each in entries) else b""
