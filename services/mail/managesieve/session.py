"""What one client's session is, and what its commands stand on."""

from enum import Enum

from chassis.errors import Unauthenticated
from chassis.identity import Identity
from services.mail.domain.sieve import EXTENSIONS, MAX_REDIRECTS, NOTIFY_METHODS
from services.mail.managesieve.codec import write
from services.mail.managesieve.ports import Options, Wire
from services.mail.sasl import Authenticator
from services.mail.usecases import Mail


class State(Enum):
    """RFC 5804 §1.8."""

    STRANGER = "not authenticated"
    LOGGED_IN = "authenticated"
    LEAVING = "logout"


class Session:
    """One client's. Commands (`services.mail.managesieve.commands`) change it and write to it."""

    __slots__ = ("auth", "bad", "failed_logins", "identity", "mail", "options", "state", "wire")

    def __init__(self, mail: Mail, auth: Authenticator, options: Options, wire: Wire) -> None:
        self.mail = mail
        self.auth = auth
        self.options = options
        self.wire = wire
        self.state = State.STRANGER
        self.identity: Identity | None = None
        self.failed_logins = 0
        self.bad = 0

    @property
    def owner(self) -> str:
        if self.identity is None:
            raise Unauthenticated
        return self.identity.account_id

    @property
    def may_log_in(self) -> bool:
        return self.wire.secure or self.options.plain_login

    def tell(self, line: bytes) -> None:
        self.wire.write(line + b"\r\n")

    def tell_capabilities(self) -> None:
        """RFC 5804 §1.7. It says what we are and no version, so that nobody can look its faults up."""
        stranger = self.state is State.STRANGER
        self.tell(write.capability("IMPLEMENTATION", "workspace"))
        self.tell(write.capability("SASL", "PLAIN OAUTHBEARER" if stranger and self.may_log_in else ""))
        self.tell(write.capability("SIEVE", " ".join(EXTENSIONS)))
        self.tell(write.capability("NOTIFY", " ".join(NOTIFY_METHODS)))
        self.tell(write.capability("MAXREDIRECTS", str(MAX_REDIRECTS)))
        if stranger and self.options.starttls and not self.wire.secure:
            self.tell(write.capability("STARTTLS"))
        if self.identity is not None:
            self.tell(write.capability("OWNER", self.identity.address))
        self.tell(write.capability("UNAUTHENTICATE"))
        self.tell(write.capability("VERSION", "1.0"))

    def leave(self) -> None:
        self.state = State.LEAVING
