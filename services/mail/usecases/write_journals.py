"""Report letters to the journals that are kept of them: the worker's rounds.

What is reported of a letter was written down in the transaction that took it in or accepted it. An entry goes when its
report is in the journal's mailbox, or in the queue; what fails waits, and is told to nobody but the log.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from chassis.blobs import Damaged
from chassis.errors import NotFound, WorkspaceError
from chassis.ids import new_id
from services.mail.domain.dsn import Wishes
from services.mail.domain.envelope import Recipient
from services.mail.domain.journal import BOUNCES, Waiting
from services.mail.domain.journal_report import journal_report, sealed
from services.mail.domain.message import Content
from services.mail.usecases.context import Mail
from services.mail.usecases.pass_on import postmaster_account, recipient_of_ours
from services.mail.usecases.run_script import Opened
from services.mail.usecases.store_source import content_of
from services.mail.usecases.tell_owner import put_in

log = structlog.get_logger(__name__)
REPORTED = Counter("mail_journal_reports", "Reports that journals were given")
FAILED = Counter("mail_journal_failed", "Reports that could not be given to a journal, and wait")
# How long a worker may take for a report, and how long one that failed waits.
LEASE = timedelta(minutes=10)
_BOUND = b"journal report"


class _Faster(Exception):
    """Another worker wrote the report."""


async def write_journals(mail: Mail) -> int:
    """Write each report that is due. Returns how many were."""
    due = await mail.store.journal_entries.due(mail.now())
    for letter, begun in due:
        report, until = begun or new_id(), mail.now() + LEASE
        try:
            if begun:
                await mail.store.journal_entries.claim_again(report, until)
            else:
                await mail.store.journal_entries.claim(letter, report, _seal(mail, report), until)
            await _report(mail, report)
        except WorkspaceError as error:  # due again after the lease; the others need not wait for it
            FAILED.inc()
            log.error("journal_report_waits", report=report, error=str(error))
    return len(due)


async def _report(mail: Mail, report_id: str) -> None:
    waiting = await mail.store.journal_entries.of_report(report_id)
    if waiting is None:
        return
    first = waiting.entries[0]
    try:
        original = await content_of(mail, first.blob)
    except NotFound:  # no letter is swept that an entry names: somebody lost it otherwise
        log.error("journaled_letter_gone", report=report_id, blob=first.blob)
        raise
    header = await Opened(mail, original).header()
    if is_own_report(mail, header):
        log.warning("journal_report_came_back", report=report_id, to=first.to)
        await mail.store.journal_entries.remove(report_id)
        return
    address, size = await _written(mail, waiting, original, ascii_header=header.isascii())
    here = await recipient_of_ours(mail, first.to) if mail.domains.hold(first.to) else None
    if here is not None and here.account_id:
        await put_in(mail, Recipient(here.account_id, first.to), await content_of(mail, address))
        await mail.store.journal_entries.remove(report_id)
    else:
        await _queue(mail, waiting, address, size)
    REPORTED.inc()


async def _written(mail: Mail, waiting: Waiting, original: Content, *, ascii_header: bool) -> tuple[str, int]:
    """Where its octets are, and how many. Nobody looks for malware in them: an archive has letters as they were."""
    before, after = journal_report(waiting, original.description, mail.domains.names[0], ascii_header=ascii_header)

    async def octets() -> AsyncIterator[bytes]:
        yield before
        async for piece in mail.blobs.open(original.blob):
            yield piece
        yield after

    stored = await mail.blobs.put(octets())
    return stored.address, stored.size


async def _queue(mail: Mail, waiting: Waiting, blob: str, size: int) -> None:
    """To an archive elsewhere, once; what comes back of it the postmaster gets, whole."""
    postmaster = await postmaster_account(mail)
    local, _, domain = mail.postmaster.rpartition("@")

    async def act(session: Any) -> None:
        if await mail.store.journal_entries.remove(waiting.report_id, session=session) != len(waiting.entries):
            raise _Faster
        await mail.queue.enqueue(
            submission_id=waiting.report_id,
            owner=postmaster,
            sender=f"{local}{BOUNCES}@{domain}",
            recipients=[waiting.entries[0].to],
            blob=blob,
            size=size,
            session=session,
            wishes=Wishes(ret="FULL"),
            utf8=not waiting.entries[0].to.isascii(),
        )

    try:
        await mail.store.transaction(act)
    except _Faster:
        return


def _seal(mail: Mail, report_id: str) -> str:
    sealed_by = mail.keys.sealing_id
    return f"{sealed_by}:{b64encode(mail.keys.wrap(report_id.encode(), _BOUND)).decode()}"


def is_own_report(mail: Mail, header: bytes) -> bool:
    """Whether it is the header of a report that we wrote: it came back, and is no letter to report again."""
    found = sealed(header)
    if found is None:
        return False
    report_id, seal = found
    key_id, _, wrapped = seal.partition(":")
    try:
        return mail.keys.unwrap(key_id, b64decode(wrapped, validate=True), _BOUND) == report_id.encode()
    except (Damaged, NotBase64, ValueError):
        return False
