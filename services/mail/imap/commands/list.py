"""LIST and LSUB (RFC 3501 §6.3.8, §6.3.9; options of RFC 5258 and RFC 6154)."""

from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.names import above
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import List, Lsub
from services.mail.imap.patterns import Pattern
from services.mail.imap.session import Session
from services.mail.usecases import list_mailboxes


async def list_(session: Session, command: List) -> bytes:
    if command.patterns == ("",):  # §6.3.8: asks for the separator only
        session.untagged(b'LIST (\\Noselect) "/" ""')
        return b"OK Done"
    patterns = [Pattern(command.reference + pattern) for pattern in command.patterns]
    mailboxes = await list_mailboxes(session.mail, session.owner)
    parents = {parent for mailbox in mailboxes for parent in above(mailbox.name)}
    marks_subscribed = "SUBSCRIBED" in command.give or "SUBSCRIBED" in command.select
    for mailbox in mailboxes:
        use = mailbox.special_use if mailbox.special_use is not SpecialUse.INBOX else None
        wanted = (mailbox.subscribed or "SUBSCRIBED" not in command.select) and (
            use is not None or "SPECIAL-USE" not in command.select
        )
        if not wanted or not any(pattern.matches(mailbox.name) for pattern in patterns):
            continue
        attributes = ["\\HasChildren" if mailbox.name in parents else "\\HasNoChildren"]
        if use is not None:
            attributes.append(f"\\{use.value.capitalize()}")
        if marks_subscribed and mailbox.subscribed:
            attributes.append("\\Subscribed")
        session.untagged(b'LIST %b "/" %b' % (write.flags(attributes), write.mailbox(mailbox.name)))
    return b"OK Done"


async def lsub(session: Session, command: Lsub) -> bytes:
    mailboxes = await list_mailboxes(session.mail, session.owner)
    subscribed = {mailbox.name for mailbox in mailboxes if mailbox.subscribed}
    pattern = Pattern(command.reference + command.pattern)
    for name in sorted(subscribed):
        if pattern.matches(name):
            session.untagged(b'LSUB () "/" %b' % write.mailbox(name))
    if "%" in command.pattern:  # §6.3.9: a level that is not subscribed stands for what is below it
        for name in sorted(_levels_above(subscribed, mailboxes)):
            if pattern.matches(name):
                session.untagged(b'LSUB (\\Noselect) "/" %b' % write.mailbox(name))
    return b"OK Done"


def _levels_above(subscribed: set[str], mailboxes: list[Mailbox]) -> set[str]:
    hidden = {mailbox.name for mailbox in mailboxes if not mailbox.subscribed}
    return {parent for name in subscribed for parent in above(name) if parent in hidden}
