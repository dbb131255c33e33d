"""What one client's session is, and what its commands stand on."""

from collections.abc import Callable
from enum import Enum

from chassis.errors import Forbidden, NotFound
from chassis.identity import Identity
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.rights import READ, Rights
from services.mail.imap.codec import BadSyntax, write
from services.mail.imap.codec.sequences import written_ranges
from services.mail.imap.ports import Listen, Options, Wire
from services.mail.imap.selected import Selected
from services.mail.sasl import Authenticator
from services.mail.usecases import Mail, changes_since, view
from services.mail.usecases.access import open_held
from services.mail.usecases.naming import find_named

FLUSH_OCTETS = 16 * 1024
_ALWAYS = (
    "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE"
    " CREATE-SPECIAL-USE CONDSTORE QRESYNC STATUS=SIZE ESEARCH SEARCHRES SORT WITHIN LIST-EXTENDED LIST-STATUS"
    " UTF8=ACCEPT METADATA QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE"
    " MULTIAPPEND REPLACE BINARY ACL RIGHTS=texk OBJECTID SAVEDATE PREVIEW THREAD=ORDEREDSUBJECT THREAD=REFERENCES"
)


class State(Enum):
    """RFC 3501 §3."""

    STRANGER = "not authenticated"
    LOGGED_IN = "authenticated"
    SELECTED = "selected"
    LEAVING = "logout"

    @property
    def holds_mail(self) -> bool:
        return self in (State.LOGGED_IN, State.SELECTED)


class Session:
    """One client's. Commands (`services.mail.imap.commands`) change it and write to it."""

    __slots__ = (
        "auth", "bad", "condstore", "failed_logins", "identity", "listen", "mail", "options", "qresync", "rev2",
        "selected", "state", "utf8", "wake", "wire",
    )  # fmt: skip

    def __init__(self, mail: Mail, auth: Authenticator, listen: Listen, options: Options, wire: Wire) -> None:
        self.mail = mail
        self.auth = auth
        self.listen = listen
        self.options = options
        self.wire = wire
        self.state = State.STRANGER
        self.identity: Identity | None = None
        self.selected: Selected | None = None
        self.condstore = False
        # RFC 7162 §3.2.3: once enabled, what goes is told by UID.
        self.qresync = False
        # IMAP4rev2 (RFC 9051) is enabled; mailbox names are UTF-8 (RFC 6855 §3).
        self.rev2 = self.utf8 = False
        self.failed_logins = 0
        self.bad = 0
        # Set while IDLE: to be called when the mailbox may have changed.
        self.wake: Callable[[], None] | None = None

    @property
    def owner(self) -> str:
        if self.identity is None:
            raise BadSyntax("Not logged in")
        return self.identity.account_id

    @property
    def mailbox(self) -> Selected:
        if self.selected is None:
            raise BadSyntax("No mailbox is selected")
        return self.selected

    @property
    def may_log_in(self) -> bool:
        return self.wire.secure or self.options.plain_login

    def capabilities(self) -> str:
        """RFC 3501 §7.2.1."""
        names = _ALWAYS + f" APPENDLIMIT={self.options.max_message}"
        if self.state is State.STRANGER:
            if self.options.starttls and not self.wire.secure:
                names += " STARTTLS"
            names += " AUTH=PLAIN AUTH=OAUTHBEARER" if self.may_log_in else " LOGINDISABLED"
        elif not self.wire.compressed:
            names += " COMPRESS=DEFLATE"
        return names

    def untagged(self, line: bytes) -> None:
        self.wire.write(b"* %b\r\n" % line)

    def name(self, mailbox: str) -> bytes:
        """A mailbox's name as this client reads it."""
        return write.mailbox(mailbox, utf8=self.utf8)

    async def find(self, name: str, *needed: str) -> Mailbox:
        """A mailbox by its name, perhaps somebody else's, in which this account may do what is needed.

        Raises `NotFound`, `InvalidInput`, `Forbidden`.
        """
        return (await self.reach(name, *needed))[0]

    async def reach(self, name: str, *needed: str) -> tuple[Mailbox, Rights]:
        """The same, with all that the account may do there."""
        return await find_named(self.mail, self.owner, name, *needed)

    @property
    def visits(self) -> bool:
        """Whether the selected mailbox is somebody else's."""
        return self.selected is not None and self.selected.owner != self.owner

    async def recheck(self) -> bool:
        """Whether the selected mailbox may still be read; the session ends when not, as if it had been deleted."""
        selected = self.selected
        if selected is None or not self.visits:
            return True
        try:
            _, selected.rights = await open_held(self.mail, self.owner, selected.owner, selected.mailbox_id, READ)
        except (NotFound, Forbidden):
            self._gone()
            return False
        return True

    def _gone(self) -> None:
        self.untagged(b"BYE [NONEXISTENT] The selected mailbox was deleted")
        self.leave()

    def select(self, selected: Selected | None) -> None:
        self.selected = selected
        self.state = State.LOGGED_IN if selected is None else State.SELECTED

    async def sync(self, *, expunges: bool) -> None:
        """Tell what happened in the selected mailbox since it was last told."""
        selected = self.selected
        if selected is None or not await self.recheck():
            return
        try:
            changes = await changes_since(self.mail, selected.owner, selected.mailbox_id, selected.cursor)
            if not changes.complete:
                changes = selected.compared(await view(self.mail, selected.owner, selected.mailbox_id))
        except NotFound:
            self._gone()
            return
        news = selected.apply(changes, expunges=expunges)
        if self.qresync and news.vanished:
            self.untagged(b"VANISHED " + written_ranges(news.vanished))
        else:
            for number in news.expunged:
                self.untagged(b"%d EXPUNGE" % number)
        if news.exists is not None:
            self.untagged(b"%d EXISTS" % news.exists)
        for place in news.changed:
            self.tell_flags(place)
            if self.wire.pending > FLUSH_OCTETS:
                await self.wire.flush()

    def tell_flags(self, place: int) -> None:
        selected = self.mailbox
        told = b"UID %d FLAGS %b" % (selected.uids[place], write.flags(selected.flags[place]))
        if self.condstore:
            told += b" MODSEQ (%d)" % selected.modseqs[place]
        self.untagged(b"%d FETCH (%b)" % (place + 1, told))

    def leave(self) -> None:
        self.state = State.LEAVING
        self.selected = None
