"""Replies: a code (RFC 5321 §4.2), an enhanced status (RFC 3463) and a text for people."""

from unicodedata import combining, normalize

from chassis.errors import Forbidden, InvalidInput, NotFound, TooLarge, TooManyRequests, Unavailable, WorkspaceError


class Refused(Exception):
    """What a command is answered when it is not done. `closing`: the connection ends with it."""

    def __init__(self, code: int, status: str, text: str, *, closing: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.status = status
        self.text = text
        self.closing = closing

    @property
    def line(self) -> bytes:
        return reply(self.code, self.status, self.text)


def reply(code: int, status: str, text: str) -> bytes:
    """One reply line. Text that came from outside cannot end it, and loses its accents."""
    bare = (character for character in normalize("NFKD", text) if not combining(character))
    safe = "".join(character if " " <= character <= "~" else "?" for character in bare)[:400]
    return f"{code} {status} {safe}\r\n".encode("ascii")


def endless() -> Refused:
    """Of a message that goes on far beyond the limit. For good: who is only put off would come again with all of it,
    for days."""
    return Refused(552, "5.3.4", "Far too large", closing=True)


def recipient_refused(error: WorkspaceError) -> Refused:
    """Why a recipient is not taken. That directory is away is never the recipient's fault."""
    match error:
        case InvalidInput():
            return Refused(553, "5.1.3", "Malformed recipient address")
        case NotFound():
            return Refused(550, "5.1.1", "No such recipient here")
        case Forbidden():
            return Refused(550, "5.7.1", "Relaying is not allowed")
        case TooManyRequests():
            return Refused(450, "4.7.1", error.detail)
        case Unavailable():
            return Refused(451, "4.4.3", "The directory is away; try again later")
        case _:
            return Refused(451, "4.3.0", "Try again later")


def message_refused(error: WorkspaceError) -> Refused:
    """Why a message is not taken."""
    code, status = error.smtp_reply
    match error:
        case TooLarge():
            return Refused(552, "5.3.4", "The message is too large")
        case InvalidInput():
            return Refused(550, "5.6.0", error.detail)
        case TooManyRequests():
            return Refused(450, "4.7.1", error.detail)
        case Unavailable():
            return Refused(451, "4.3.0", "The message cannot be kept now; try again later")
        case _:
            return Refused(code, status, error.detail)
