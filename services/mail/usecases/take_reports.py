"""Read what other domains' servers report of our domains (RFC 7489 §7.2, RFC 8460 §5).

Reports come by letter, to two names in every domain, into the mailboxes of an account that is nobody's; a round reads
them there and lets them go.
"""

import structlog
from prometheus_client import Counter

from chassis.errors import NotFound
from services.mail.domain.envelope import Recipient
from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.message import Message
from services.mail.domain.reports import DmarcReport, TlsReport, UnreadableReport, dmarc_report, tls_report, unpacked
from services.mail.domain.uids import ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.expunge import expunge
from services.mail.usecases.list_messages import list_messages
from services.mail.usecases.read_message import open_message, open_part

log = structlog.get_logger(__name__)
TAKEN = Counter("mail_reports", "Letters to the addresses of reports", ["outcome"])
# Whose mailboxes the letters with reports are in; no account of directory's has such an id.
ACCOUNT = "reports"
DMARC_NAME, TLS_NAME = "dmarc-reports", "tls-reports"
# Letters of one round, and packed octets of a report.
AT_ONCE, MOST_PACKED = 200, 8 * 1024 * 1024
# Attachments of a letter that are looked at.
MOST_PARTS = 5
_BOM = b"\xef\xbb\xbf"


def reports_recipient(address: str) -> Recipient | None:
    """Who takes a letter to the address of reports; None for any other address."""
    name = address.partition("@")[0].lower()
    return Recipient(ACCOUNT, address) if name in (DMARC_NAME, TLS_NAME) else None


async def take_reports(mail: Mail) -> int:
    """Keep what the letters report, and remove them; how many there were. May be broken off and run again.

    What is not proven to be from whom it says is removed unread.
    """
    gone = 0
    for box in await mail.store.mailboxes.of(ACCOUNT):
        if box.messages:
            gone += await _take(mail, box)
    return gone


async def _take(mail: Mail, box: Mailbox) -> int:
    page = await list_messages(mail, ACCOUNT, box.id, count=AT_ONCE)
    for message in page.messages:
        outcome = "unproven" if box.special_use is SpecialUse.JUNK else await _outcome(mail, message)
        TAKEN.labels(outcome).inc()
    if page.messages:
        uids = ranges_of(sorted(message.uid for message in page.messages))
        await expunge(mail, ACCOUNT, box.id, uids, only_deleted=False, keep=False)
    return len(page.messages)


async def _outcome(mail: Mail, message: Message) -> str:
    submitter = message.from_[0].address.rpartition("@")[2].lower() if message.from_ else ""
    try:
        kept = await _keep(mail, message, submitter)
    except (UnreadableReport, NotFound) as error:  # also where our store has lost the letter
        log.warning("report_unreadable", submitter=submitter, error=error.detail)
        return "unreadable"
    return "kept" if kept else "repeated"


async def _keep(mail: Mail, message: Message, submitter: str) -> bool:
    """Whether it tells something new. Raises `UnreadableReport`."""
    report = await _report(mail, message)
    if isinstance(report, DmarcReport):
        _of_ours(mail, report.domain)
        return await mail.store.reports.keep_dmarc(report, submitter, mail.now())
    for policy in report.policies:
        _of_ours(mail, policy.domain)
    kept = [await mail.store.reports.keep_tls(report, policy, submitter, mail.now()) for policy in report.policies]
    return any(kept)


def _of_ours(mail: Mail, domain: str) -> None:
    if not mail.domains.hold(domain):
        raise UnreadableReport(f"The report is about {domain[:80]}, which is not ours")


async def _report(mail: Mail, message: Message) -> DmarcReport | TlsReport:
    """What one of the letter's attachments, or the letter itself, says."""
    _, source = await open_message(mail, ACCOUNT, message.id)
    parts = [each.part for each in source.attachments[:MOST_PARTS]]
    parts += [source.text_part.part] if source.text_part else []
    for part in parts:
        opened = await open_part(mail, ACCOUNT, message.id, part, length=MOST_PACKED)
        report = unpacked(b"".join([piece async for piece in opened.content])).removeprefix(_BOM).lstrip()
        if report.startswith(b"<"):
            return dmarc_report(report)
        if report.startswith(b"{"):
            return tls_report(report)
    raise UnreadableReport("The letter brings no report")
