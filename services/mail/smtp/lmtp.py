"""LMTP (RFC 2033): what a mail server in front of us hands over, with an answer for each recipient."""

from dataclasses import dataclass

import structlog

from chassis.errors import NotFound, Unavailable, WorkspaceError
from chassis.identity import Identity
from services.mail.domain.envelope import Delivery, Outcome, Recipient, Result
from services.mail.smtp.codec.reply import Refused, message_refused, recipient_refused, reply
from services.mail.smtp.codec.trace import delivered
from services.mail.smtp.examination import Examiner
from services.mail.smtp.policy import Authenticator, Envelope, Incoming
from services.mail.smtp.reception import receiving, want_room
from services.mail.usecases import Mail, deliver, store_source

log = structlog.get_logger(__name__)
_LOOP = reply(554, "5.4.6", "Routing loop: the message was in this mailbox already")


@dataclass(frozen=True)
class LocalDelivery:
    """The policy of the LMTP listener. Whoever may connect has looked at what it hands over: its letters are taken as
    those of the platform's other servers are."""

    mail: Mail
    examiner: Examiner
    authenticator: Authenticator | None = None

    async def sender(self, _address: str, _identity: Identity | None, _remote: str) -> None:
        """What is in front of us has decided."""

    async def recipient(self, address: str, _remote: str, size: int) -> Recipient:
        try:
            found = await receiving(self.mail, address)
            await want_room(self.mail, found, size)
        except WorkspaceError as error:
            raise recipient_refused(error) from error
        return found

    async def accept(self, envelope: Envelope, incoming: Incoming, _identity: Identity | None) -> bytes:
        sender = envelope.sender or ""
        examination = self.examiner.examine(incoming, sender, self.mail.options.max_message, trusted=True)
        try:
            content = await store_source(self.mail, incoming.kept(examination))
            if incoming.head.looping:
                raise Refused(554, "5.4.6", "Routing loop: too many Received fields")
            results, _ = await examination.outcome()
            passed = incoming.head.delivered_to()
            new = [who for who in envelope.recipients if who.address.lower() not in passed]
            proven = examination.proves(sender)
            found = examination.found
            deliveries = [
                Delivery(
                    who,
                    delivered(incoming.transit, sender, who.address, results),
                    proven=proven,
                    refusable=True,
                    found=found,
                )
                for who in new
            ]
            outcomes = await deliver(self.mail, sender=sender, content=content, deliveries=deliveries)
        except WorkspaceError as error:
            raise message_refused(error) from error
        told = {outcome.recipient.address: self._answer(outcome, incoming) for outcome in outcomes}
        return b"".join(told.get(who.address, _LOOP) for who in envelope.recipients)

    def _answer(self, outcome: Outcome, incoming: Incoming) -> bytes:
        if outcome.result is not Result.FAILED:
            return reply(250, "2.1.5", f"{outcome.recipient.address} has it as {incoming.transit.id}")
        log.warning("delivery_failed", id=incoming.transit.id, error=str(outcome.error))
        if isinstance(outcome.error, NotFound):
            return reply(550, "5.1.1", "No such recipient here")
        return message_refused(outcome.error or Unavailable()).line
