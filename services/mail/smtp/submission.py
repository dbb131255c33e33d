"""Submission (RFC 6409): from our accounts, to anybody, under their own name."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chassis.errors import Forbidden, WorkspaceError
from chassis.identity import Identity, acting_as
from services.mail.domain.envelope import Recipient, Sender, mail_address
from services.mail.smtp.codec.reply import Refused, message_refused, recipient_refused, reply
from services.mail.smtp.policy import Authenticator, Envelope, Incoming
from services.mail.usecases import Mail, send
from services.mail.usecases.pass_on import recipient_of_ours
from services.mail.usecases.write_as import with_names


def sender_of(identity: Identity) -> Sender:
    return Sender(identity.account_id, identity.address, identity.aliases)


@dataclass(frozen=True)
class Submission:
    """The policy of port 587."""

    mail: Mail
    authenticator: Authenticator | None

    async def sender(self, address: str, identity: Identity | None, _remote: str) -> None:
        if identity is None:
            raise Refused(530, "5.7.0", "Authentication required")
        # What the platform writes comes from nobody: nothing is to answer it (RFC 5321 §4.5.5).
        sender = await with_names(self.mail, sender_of(identity))
        if not sender.may_write(address) and (address or not identity.of_platform):
            raise Refused(550, "5.7.1", "Not an address of yours")

    async def recipient(self, address: str, _remote: str, _size: int) -> Recipient:
        try:
            return await recipient_of_ours(self.mail, address)
        except Forbidden:
            return Recipient("", mail_address(address))
        except WorkspaceError as error:
            raise recipient_refused(error) from error

    async def accept(self, envelope: Envelope, incoming: Incoming, identity: Identity | None) -> bytes:
        if identity is None:
            raise Refused(530, "5.7.0", "Authentication required")
        try:
            with acting_as(identity):
                submission = await send(
                    self.mail,
                    sender_of(identity),
                    incoming.kept(_no_loop(incoming)),
                    envelope_from=envelope.sender,
                    recipients=[who.address for who in envelope.recipients],
                    trace=incoming.transit.received(),
                    of_platform=identity.of_platform,
                    wishes=envelope.wished,
                    release_at=envelope.release_at,
                    utf8=envelope.utf8,
                )
        except WorkspaceError as error:
            raise message_refused(error) from error
        waits = "; it waits for approval" if submission.awaits_approval else ""
        return reply(250, "2.0.0", f"Accepted as {submission.id}{waits}")


async def _no_loop(incoming: Incoming) -> AsyncIterator[bytes]:
    """The message's octets; at their end, `Refused` when it went round: before anything of it is sent."""
    async for chunk in incoming.chunks:
        yield chunk
    if incoming.head.looping:
        raise Refused(554, "5.4.6", "Routing loop: too many Received fields")
