"""LIST and LSUB (RFC 3501 §6.3.8, §6.3.9; options of RFC 5258, RFC 5819 and RFC 6154)."""

from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.names import above
from services.mail.domain.rights import READ
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import List, Lsub
from services.mail.imap.commands.status import tell_status
from services.mail.imap.patterns import Pattern
from services.mail.imap.session import Session
from services.mail.usecases import list_mailboxes
from services.mail.usecases.shared_mailboxes import shared_mailboxes


async def list_(session: Session, command: List) -> bytes:
    if command.patterns == ("",):  # §6.3.8: asks for the separator only
        session.untagged(b'LIST (\\Noselect) "/" ""')
        return b"OK Done"
    patterns = [Pattern(command.reference + pattern) for pattern in command.patterns]
    mailboxes, unread = await _listed(session)
    parents = {parent for mailbox in mailboxes for parent in above(mailbox.name)}
    chosen = {mailbox.name for mailbox in mailboxes if _selected(mailbox, command.select)}
    # RFC 5258 §3.5: those above a chosen one are told as well, and why.
    recursive = "RECURSIVEMATCH" in command.select
    hinted = {parent for name in chosen for parent in above(name)} if recursive else set()
    for mailbox in mailboxes:
        name = mailbox.name
        if (name not in chosen and name not in hinted) or not any(pattern.matches(name) for pattern in patterns):
            continue
        attributes = _attributes(mailbox, command, has_children=name in parents)
        line = b'LIST %b "/" %b' % (write.flags(attributes), session.name(name))
        if name in hinted:
            line += b" (CHILDINFO (%b))" % b" ".join(
                b'"%b"' % option.encode("ascii") for option in sorted(command.select - {"RECURSIVEMATCH", "REMOTE"})
            )
        session.untagged(line)
        if command.status and name not in unread:
            await tell_status(session, mailbox, command.status)
    for name in sorted(_bare_levels(mailboxes, hinted if command.select else None)):
        if any(pattern.matches(name) for pattern in patterns):
            session.untagged(b'LIST (\\Noselect \\NonExistent \\HasChildren) "/" %b' % session.name(name))
    return b"OK Done"


async def _listed(session: Session) -> tuple[list[Mailbox], set[str]]:
    """The account's own mailboxes and those of others that it may find; the names of those that it may not read."""
    others = await shared_mailboxes(session.mail, session.owner)
    mailboxes = [*await list_mailboxes(session.mail, session.owner), *(each.box for each in others)]
    return mailboxes, {each.box.name for each in others if READ not in each.rights}


def _bare_levels(mailboxes: list[Mailbox], hinted: set[str] | None) -> set[str]:
    """Levels above others' mailboxes that are none themselves: a client that goes down level by level finds its way."""
    levels = {parent for mailbox in mailboxes for parent in above(mailbox.name)} - {each.name for each in mailboxes}
    return levels if hinted is None else levels & hinted


def listed(session: Session, mailbox: Mailbox, asked: str) -> bytes:
    """What SELECT tells of a mailbox in IMAP4rev2; also that its name is another than what was `asked` for, when that
    was no canonical one (RFC 9051 §6.3.9.7)."""
    use = _use(mailbox)
    line = b'LIST %b "/" %b' % (write.flags([f"\\{use.value.capitalize()}"] if use else []), session.name(mailbox.name))
    return line if asked == mailbox.name else line + b' ("OLDNAME" (%b))' % session.name(asked)


def _use(mailbox: Mailbox) -> SpecialUse | None:
    return mailbox.special_use if mailbox.special_use is not SpecialUse.INBOX else None


def _selected(mailbox: Mailbox, options: frozenset[str]) -> bool:
    """Whether the selection options take it in."""
    return (mailbox.subscribed or "SUBSCRIBED" not in options) and (
        _use(mailbox) is not None or "SPECIAL-USE" not in options
    )


def _attributes(mailbox: Mailbox, command: List, *, has_children: bool) -> list[str]:
    found = ["\\HasChildren" if has_children else "\\HasNoChildren"]
    if (use := _use(mailbox)) is not None:
        found.append(f"\\{use.value.capitalize()}")
    if mailbox.subscribed and "SUBSCRIBED" in command.give | command.select:
        found.append("\\Subscribed")
    return found


async def lsub(session: Session, command: Lsub) -> bytes:
    mailboxes, _ = await _listed(session)
    subscribed = {mailbox.name for mailbox in mailboxes if mailbox.subscribed}
    pattern = Pattern(command.reference + command.pattern)
    for name in sorted(subscribed):
        if pattern.matches(name):
            session.untagged(b'LSUB () "/" %b' % session.name(name))
    if "%" in command.pattern:  # §6.3.9: a level that is not subscribed stands for what is below it
        for name in sorted({parent for each in subscribed for parent in above(each)} - subscribed):
            if pattern.matches(name):
                session.untagged(b'LSUB (\\Noselect) "/" %b' % session.name(name))
    return b"OK Done"
