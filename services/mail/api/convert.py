"""Domain to proto."""

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from workspace.mail.v1 import mail_pb2

from services.mail.api.ids import shown
from services.mail.domain.envelope import Submission
from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.message import Message
from services.mail.domain.mime import Address, Attachment
from services.mail.domain.received_receipts import ReceivedReceipt
from services.mail.domain.retention import Retention

_USES = {use: mail_pb2.SpecialUse.Value(f"SPECIAL_USE_{use.name}") for use in SpecialUse}


def mailbox(box: Mailbox, holds: Retention) -> mail_pb2.Mailbox:
    """`holds`: for its owner."""
    return mail_pb2.Mailbox(
        id=shown(box.owner, box.id),
        name=box.name,
        special_use=_USES[box.special_use] if box.special_use else mail_pb2.SPECIAL_USE_UNSPECIFIED,
        messages=box.messages,
        unseen=box.unseen,
        size=box.size,
        modseq=box.modseq,
        keeps_days=holds.days_in(box.special_use),
    )


def message(found: Message) -> mail_pb2.Message:
    """What lists show; text and attachments are for whoever opens it."""
    answer = mail_pb2.Message(
        id=shown(found.owner, found.id),
        mailbox_id=shown(found.owner, found.mailbox_id),
        uid=found.uid,
        flags=found.flags,
        subject=found.subject,
        to=people(found.to),
        cc=people(found.cc),
        date=timestamp(found.date),
        received_at=timestamp(found.internal_date),
        size=found.size,
        rfc_message_id=found.rfc_message_id,
        preview=found.preview,
        modseq=found.modseq,
        conversation_id=shown(found.owner, found.thread_id),
        receipt_wanted=found.receipt_wanted,
        has_attachment=found.has_attachment,
    )
    getattr(answer, "from").extend(people(found.from_))  # a keyword in Python
    return answer


def attachment(part: Attachment) -> mail_pb2.Attachment:
    return mail_pb2.Attachment(
        part=part.part,
        filename=part.filename,
        content_type=part.content_type,
        size=part.length,
        inline=part.inline,
        content_id=part.content_id,
    )


def received_receipt(said: ReceivedReceipt) -> mail_pb2.ReceivedReceipt:
    return mail_pb2.ReceivedReceipt(by=said.by, at=timestamp(said.at), disposition=said.disposition, proven=said.proven)


def submission(sent: Submission) -> mail_pb2.Submission:
    return mail_pb2.Submission(
        id=sent.id,
        recipients=sent.recipients,
        send_at=timestamp(sent.release_at),
        awaits_approval=sent.awaits_approval,
    )


def people(addresses: Iterable[Address]) -> list[mail_pb2.MailAddress]:
    return [mail_pb2.MailAddress(name=who.name, address=who.address) for who in addresses]


def timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
