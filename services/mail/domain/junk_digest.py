"""The morning letter that lists what came to the junk mailbox, in French and in English.

The same list gives the same octets, so that telling it again after a crash makes no second copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.header import Header
from email.utils import format_datetime

from services.mail.domain.plain import one_line, unlinked

# When people come to work in Togo, which keeps UTC.
MORNING = time(7)
# Letters that are listed; of the others the number is told.
MOST = 50
_SUBJECT = "Courrier indésirable : {} nouveau(x) message(s) / Junk mail: {} new"
_HEAD = """\
Bonjour,

Ces messages sont arrivés dans « {junk} », où ils attendent. Rien n'est supprimé.
Si l'un d'eux est légitime, déplacez-le vers la boîte de réception avec votre logiciel de messagerie ou dans
l'espace de travail ({web}). Si vous n'en attendez aucun, il n'y a rien à faire.

These messages came to "{junk}", where they wait. Nothing is deleted.
If one of them is legitimate, move it to the inbox with your mail program or in the workspace ({web}).
If you expect none of them, there is nothing to do.
"""
_MORE = "\n… et {} autres / and {} more\n"


@dataclass(frozen=True, slots=True)
class Line:
    """One letter of the list."""

    at: datetime
    author: str
    subject: str


def next_morning(now: datetime) -> datetime:
    """The first one from then on."""
    today = datetime.combine(now.date(), MORNING, now.tzinfo)
    return today if now < today else today + timedelta(days=1)


def junk_digest(to: str, junk: str, lines: Sequence[Line], domain: str, web: str, at: datetime) -> bytes:
    """The letter to `to` from the postmaster of `domain`. `junk` is the mailbox's name, `lines` the newest first, `at`
    when it was due."""
    number = len(lines)
    fields = [
        f"From: Messagerie <postmaster@{domain}>",
        f"To: <{to}>",
        f"Subject: {Header(_SUBJECT.format(number, number), 'utf-8').encode()}",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <junk.{int(at.timestamp())}.{to}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    text = _HEAD.format(junk=junk, web=web) + "".join(map(_line, lines[:MOST]))
    if number > MOST:
        text += _MORE.format(number - MOST, number - MOST)
    return ("\r\n".join(fields) + "\r\n\r\n").encode("ascii", "replace") + text.replace("\n", "\r\n").encode()


def _line(line: Line) -> str:
    author = unlinked(one_line(line.author, 120)) or "(expéditeur inconnu / unknown sender)"
    subject = unlinked(one_line(line.subject, 160)) or "(sans objet / no subject)"
    return f"\n- {line.at:%d/%m/%Y %H:%M} UTC  {author}\n  {subject}\n"
