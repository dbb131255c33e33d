"""Reception: from anybody, for our accounts only."""

from dataclasses import dataclass
from typing import NoReturn

import structlog

from chassis.errors import NotFound, OverQuota, Unavailable, WorkspaceError
from chassis.identity import Identity
from chassis.networks import network
from chassis.rates import Rate
from services.mail.domain.authentication.found import Found
from services.mail.domain.envelope import Delivery, Outcome, Recipient, Result, mail_address, without_detail
from services.mail.domain.greylisting import RETRY_AFTER
from services.mail.domain.lists import list_of, owners_address
from services.mail.domain.message import Content
from services.mail.domain.queue import domain_of
from services.mail.rspamd import Look, Rspamd, Shown
from services.mail.smtp.codec.reply import Refused, message_refused, recipient_refused, reply
from services.mail.smtp.codec.trace import delivered
from services.mail.smtp.examination import Examination, Examiner
from services.mail.smtp.flow import Flow
from services.mail.smtp.policy import Authenticator, Envelope, Incoming
from services.mail.usecases import Mail, deliver, resolve_recipient, store_source
from services.mail.usecases.from_outside import refuse_closed
from services.mail.usecases.greylist import is_stranger
from services.mail.usecases.list_owners import list_meant
from services.mail.usecases.pass_on import pass_on
from services.mail.usecases.quota import room_for
from services.mail.usecases.report_success import report_received
from services.mail.usecases.take_reports import reports_recipient

log = structlog.get_logger(__name__)


async def receiving(mail: Mail, address: str) -> Recipient:
    """Who receives for an address that is named from outside. Raises as `resolve_recipient` does."""
    wanted = mail.postmaster if address.lower() == "postmaster" else address
    try:
        found = await resolve_recipient(mail, wanted)
        if list_id := list_of(found.account_id) or await _list_asked_about(mail, found.address):
            await refuse_closed(mail, list_id, found.address)
        return found
    except NotFound:
        if taken := reports_recipient(wanted):
            return taken
        raise


async def _list_asked_about(mail: Mail, address: str) -> str:
    """The list whose owners are meant, where some are."""
    return await list_meant(mail, address) if address == owners_address(without_detail(address)) else ""


async def want_room(mail: Mail, recipient: Recipient, size: int) -> None:
    """Whose mailbox is full is put off first: it may be emptied. Refused here, while the sender's own server still has
    the letter, nobody who never wrote it is told of it. A list keeps nothing."""
    if list_of(recipient.account_id):
        return
    since = await room_for(mail, recipient, size)
    if since is None:
        return
    if mail.now() - since < mail.options.full_put_off:
        raise Refused(452, "4.2.2", "The mailbox is full; try again later")
    raise Refused(552, "5.2.2", "The mailbox has been full for some time")


@dataclass(frozen=True)
class Reception:
    """The policy of port 25."""

    mail: Mail
    # Unknown recipients, by network: who names many is looking for those that exist.
    guesses: Rate
    examiner: Examiner
    # Nobody looks for spam without it.
    rspamd: Rspamd | None = None
    authenticator: Authenticator | None = None
    # Letters within an hour; without it nobody counts.
    flow: Flow | None = None
    # Whether strangers are asked to come again.
    greylists: bool = False

    async def sender(self, _address: str, _identity: Identity | None, remote: str) -> None:
        """Anybody may send to us, within limits."""
        if self.flow is not None and not self.examiner.trusts(remote):
            self.flow.come(remote)

    async def recipient(self, address: str, remote: str, size: int) -> Recipient:
        """While a network has guessed too often, every recipient is put off alike: it learns nothing more."""
        if self.guesses.exhausted(network(remote)):
            raise Refused(450, "4.7.1", "Too many unknown recipients; come again later")
        try:
            found = await receiving(self.mail, address)
            await want_room(self.mail, found, size)
            return found
        except NotFound as error:
            if await self._passes(address, remote):
                return Recipient("", mail_address(address))
            self.guesses.try_take(network(remote))
            raise recipient_refused(error) from error
        except WorkspaceError as error:
            raise recipient_refused(error) from error

    async def _passes(self, address: str, remote: str) -> bool:
        """Whether the former server of its domain takes letters to an address that is not here yet. Raises `Refused`
        for what this server itself sends here, and while it does not say."""
        former = self.mail.former
        if former is None or not former.serves(address):
            return False
        wanted = mail_address(address)
        if former.sends(wanted, remote):
            raise Refused(550, "5.4.6", "Routing loop: the address is not here but with you")
        try:
            return await former.takes(wanted)
        except Unavailable as error:
            raise Refused(451, "4.4.1", "The server of the recipient is away; try again later") from error

    async def accept(self, envelope: Envelope, incoming: Incoming, _identity: Identity | None) -> bytes:
        sender = envelope.sender or ""
        examination = self.examiner.examine(incoming, sender, self.mail.options.max_message)
        look = self._look(envelope, incoming)
        try:
            content = await store_source(self.mail, incoming.kept(look.passing(examination) if look else examination))
            recipients = self._not_yet_there(envelope, incoming)
            results, junk = await examination.outcome()
            junk = junk or (look is not None and look.junk)
            await self._want_welcome(envelope, incoming, examination, [] if junk else sorted(examination.proven))
        except WorkspaceError as error:
            raise message_refused(error) from error
        finally:
            examination.give_up()
        proven = not junk and examination.proves(sender)
        here = [who for who in recipients if who.account_id]
        elsewhere = [who.address for who in recipients if not who.account_id]
        if elsewhere:
            above = (b"X-Spam-Flag: YES\r\n" if junk else b"") + results
            await self._pass_on(envelope, incoming, content, elsewhere, above, examination.found, proven=proven)
        deliveries = [
            Delivery(
                who,
                delivered(incoming.transit, sender, who.address, results),
                junk=junk,
                proven=proven,
                # One reply speaks for all.
                refusable=len(recipients) == 1,
                found=examination.found,
            )
            for who in here
        ]
        outcomes = await deliver(self.mail, sender=sender, content=content, deliveries=deliveries)
        self._check(outcomes, incoming)
        if proven:
            await self._tell(envelope, incoming, content, outcomes)
        return reply(250, "2.0.0", f"Accepted as {incoming.transit.id}")

    async def _pass_on(
        self,
        envelope: Envelope,
        incoming: Incoming,
        content: Content,
        elsewhere: list[str],
        results: bytes,
        found: Found,
        *,
        proven: bool,
    ) -> None:
        """To whom is not here yet, with what we found of it: the former server sees it come from us."""
        transit = incoming.transit
        above = results + transit.received(elsewhere[0] if len(elsewhere) == 1 else "")
        try:
            await pass_on(
                self.mail,
                envelope.sender or "",
                elsewhere,
                content,
                above,
                transit.id,
                wishes=envelope.wished,
                proven=proven,
                utf8=envelope.utf8,
                found=found,
            )
        except WorkspaceError as error:
            raise message_refused(error) from error

    async def _want_welcome(
        self, envelope: Envelope, incoming: Incoming, examination: Examination, proven: list[str]
    ) -> None:
        """Raises `Refused` for who sends too much, and for who comes for the first time; a domain that is
        `proven` to have sent it may have a good record."""
        sender, peer = envelope.sender or "", incoming.transit.peer
        if self.examiner.trusts(peer):
            return
        if self.flow is not None:
            self.flow.sent(sender, peer, proven=examination.proves(sender))
        recipients = [who.address for who in envelope.recipients]
        if self.greylists and await is_stranger(self.mail, peer, sender, recipients, proven):
            raise Refused(451, "4.7.1", f"Not known here yet; try again in {RETRY_AFTER.seconds // 60} minutes")

    def _look(self, envelope: Envelope, incoming: Incoming) -> Look | None:
        transit = incoming.transit
        if self.rspamd is None or self.examiner.trusts(transit.peer):
            return None
        recipients = [who.address for who in envelope.recipients]
        return self.rspamd.look(Shown(transit.peer, transit.helo, envelope.sender or "", recipients, transit.id))

    async def _tell(self, envelope: Envelope, incoming: Incoming, content: Content, outcomes: list[Outcome]) -> None:
        """What the sender wants to hear of; only to who is known to be it, so that nobody else is written to."""
        sender, transit = envelope.sender or "", incoming.transit
        try:
            await report_received(self.mail, sender, envelope.wished, content, outcomes, transit.id, transit.at)
        except WorkspaceError as error:
            raise message_refused(error) from error

    def _not_yet_there(self, envelope: Envelope, incoming: Incoming) -> list[Recipient]:
        """The recipients that the message has not been with. Raises `Refused` when it goes round."""
        if incoming.head.looping:
            raise Refused(554, "5.4.6", "Routing loop: too many Received fields")
        gone = incoming.head.passed_on()
        if any(not who.account_id and domain_of(who.address) in gone for who in envelope.recipients):
            raise Refused(554, "5.4.6", "Routing loop: the message went to the server of this domain already")
        passed = incoming.head.delivered_to()
        recipients = [who for who in envelope.recipients if who.address.lower() not in passed]
        if not recipients:
            raise Refused(554, "5.4.6", "Routing loop: the message was in this mailbox already")
        return recipients

    def _check(self, outcomes: list[Outcome], incoming: Incoming) -> None:
        """One reply speaks for all recipients: unless all have it the sender tries again, which repeats no copy."""
        failed = [outcome for outcome in outcomes if outcome.result is Result.FAILED]
        if not failed:
            return
        for outcome in failed:
            log.warning("delivery_failed", id=incoming.transit.id, error=str(outcome.error))
        temporary = any(isinstance(outcome.error, Unavailable) for outcome in failed)
        if not temporary and len(failed) == len(outcomes):
            full = [outcome.error for outcome in failed if isinstance(outcome.error, OverQuota)]
            self._gone(next(iter(full), failed[0].error))
        raise Refused(451, "4.3.0", "Not all recipients could be delivered to; try again later")

    def _gone(self, error: WorkspaceError | None) -> NoReturn:
        if isinstance(error, NotFound):
            raise Refused(550, "5.1.1", "No such recipient here")
        raise message_refused(error or WorkspaceError())
