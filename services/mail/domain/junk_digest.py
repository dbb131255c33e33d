"""The morning letter that lists what came to the junk mailbox, in French and in English.

The same list gives the same octets, so that telling it again after a crash makes no second copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from services.mail.domain.own_letter import own_letter
from services.mail.domain.plain import one_line, unlinked

# When people come to work in Togo, which keeps UTC.
MORNING = time(7)
# Letters that are listed; of the others the number is told.
MOST = 50
_SUBJECT = "Courrier indésirable : {} nouveau(x) message(s) / Junk mail: {} new"
_HEAD = (
    "Ces messages sont arrivés dans « {junk} », où ils attendent. Rien n'est supprimé. Si l'un d'eux est légitime,"
    " déplacez-le vers la boîte de réception avec votre logiciel de messagerie ou dans l'espace de travail ({web})."
    " Si vous n'en attendez aucun, il n'y a rien à faire.",
    "These messages came to “{junk}”, where they wait. Nothing is deleted. If one of them is legitimate, move it to the"
    " inbox with your mail program or in the workspace ({web}). If you expect none of them, there is nothing to do.",
)
_MORE = "… et {} autres / and {} more"


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


def junk_digest(lines: Sequence[Line], junk: str, web: str, at: datetime, to: str, domain: str) -> bytes:
    """The letter to `to` from the postmaster of `domain`. `lines` are the newest first, `junk` is the mailbox's name,
    `at` when it was due."""
    number = len(lines)
    paragraphs = [each.format(junk=one_line(junk, 60), web=web) for each in _HEAD]
    paragraphs += map(_line, lines[:MOST])
    if number > MOST:
        paragraphs.append(_MORE.format(number - MOST, number - MOST))
    unique = f"junk.{int(at.timestamp())}.{to.replace('@', '.')}@{domain}"
    return own_letter(_SUBJECT.format(number, number), to, unique, at, paragraphs)


def _line(line: Line) -> str:
    author = unlinked(one_line(line.author, 120)) or "(expéditeur inconnu / unknown sender)"
    subject = unlinked(one_line(line.subject, 160)) or "(sans objet / no subject)"
    return f"- {line.at:%d/%m/%Y %H:%M} UTC  {author}\r\n  {subject}"
