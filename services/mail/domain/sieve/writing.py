"""Letters that scripts cause: an answer, a notification, and what the owner is told when a script fails."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from services.mail.domain.sieve.actions import Failure, Notification, Vacation
from services.mail.domain.sieve.letter import Letter, fields

_ID = re.compile(r"<[^\s<>]{1,250}>")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
# Of a long conversation the last letters name it well enough (RFC 5322 §3.6.4).
MAX_REFERENCES = 20
MAX_SUBJECT = 250


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes a letter one of its own: `unique` becomes the left side of its Message-ID."""

    at: datetime
    unique: str
    host: str


def _line(text: str) -> str:
    return " ".join(_BREAKS.sub(" ", text).split())[:MAX_SUBJECT]


def _begun(stamp: Stamp, sender: str, to: str, subject: str, submitted: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP if (sender + to).isascii() else SMTPUTF8)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = _line(subject)
    message["Date"] = format_datetime(stamp.at)
    message["Message-ID"] = f"<{stamp.unique}@{stamp.host}>".lower()
    message["Auto-Submitted"] = submitted
    return message


def _with_text(message: EmailMessage, text: str) -> bytes:
    lines = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    message.set_content(lines, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()


def answer(vacation: Vacation, letter: Letter, own: str, to: str, stamp: Stamp) -> bytes:
    """From the account's address `own` to whoever wrote (RFC 5230 §5)."""
    said = next(iter(letter.values("subject")), "")
    message = _begun(stamp, own, to, vacation.subject or f"Auto: {said}", "auto-replied")
    identity = _ID.search(" ".join(letter.values("message-id")))
    if identity:
        before = _ID.findall(" ".join(letter.values("references") or letter.values("in-reply-to")))
        message["In-Reply-To"] = identity[0]
        message["References"] = " ".join([*before[-MAX_REFERENCES:], identity[0]])
    # Exchange's way of asking that nothing answers this one.
    message["X-Auto-Response-Suppress"] = "All"
    if not vacation.mime:
        return _with_text(message, vacation.reason)
    header, _, body = vacation.reason.encode("utf-8", "replace").partition(b"\r\n\r\n")
    content = b"".join(field.octets for field in fields(header + b"\r\n") if field.key.startswith(b"content-"))
    head = message.as_bytes().rstrip(b"\r\n")
    return head + b"\r\nMIME-Version: 1.0\r\n" + content + b"\r\n" + body + b"\r\n"


def notification(wanted: Notification, letter: Letter, own: str, to: str, stamp: Stamp) -> bytes:
    """RFC 5436 §2.7."""
    author = _line(next(iter(letter.values("from")), "?"))
    about = _line(next(iter(letter.values("subject")), ""))
    subject = wanted.message or wanted.to.subject or f"Nouveau message / New message: {about}"
    message = _begun(stamp, own, to, subject, f'auto-notified; owner-email="{own}"')
    message["X-Priority"] = {"1": "1", "3": "5"}.get(wanted.importance, "3")
    told = (
        f"Un message est arrivé pour {own}.\nA message has arrived for {own}.\n\n"
        f"De / From: {author}\nObjet / Subject: {about}\n"
    )
    return _with_text(message, "\n\n".join(each for each in (wanted.to.body, told) if each))


def failure_notice(failure: Failure, name: str, to: str, stamp: Stamp) -> bytes:
    """What the owner of a script that fails is told of it."""
    subject = "Votre script de tri a échoué / Your sorting script failed"
    message = _begun(stamp, f"Mail Delivery System <MAILER-DAEMON@{stamp.host}>", to, subject, "auto-generated")
    return _with_text(
        message,
        f"Votre script « {_line(name)} » s'est arrêté à la ligne {failure.line} : {failure.french}.\n"
        "Aucun message n'est perdu : ceux pour lesquels le script échoue restent dans votre boîte de réception.\n"
        "Vous n'en êtes averti qu'une fois, jusqu'à ce que vous changiez le script.\n\n"
        f'Your script "{_line(name)}" stopped at line {failure.line}: {failure.english}.\n'
        "No letter is lost: those that it fails for stay in your INBOX.\n"
        "You are told of it once, until you change the script.\n",
    )
