"""What an answer begins with: to whom, about what, and the words that it answers."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from html import escape

from services.mail.domain.composing.letter import identifiers
from services.mail.domain.mime import Address

# RFC 5322 §3.6.4 sets no limit; every program has one.
MOST_REFERENCES = 50
_ANSWERED = re.compile(r"^(?:re|rép|rep|aw|sv)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_FORWARDED = re.compile(r"^(?:fwd?|tr|wg)\s*:\s*", re.IGNORECASE)


class Kind(Enum):
    """How a letter refers to another."""

    REPLY = "reply"
    REPLY_ALL = "reply-all"
    FORWARD = "forward"


_ANSWERS = re.compile(rf"({'|'.join(each.value for each in Kind)}) ((?:\w+\.)?\w+)")


def answers_field(kind: Kind, message_id: str) -> str:
    """What a draft's own field says of the letter that it answers, named as its writer names it."""
    return f"{kind.value} {message_id}"


def answered_by(field: str) -> tuple[Kind, str] | None:
    """The kind and the name again; None for what is no such field."""
    found = _ANSWERS.fullmatch(field)
    return (Kind(found[1]), found[2]) if found is not None else None


@dataclass(frozen=True, slots=True)
class Original:
    """The letter that is answered; `fields` as they stand in its header, decoded."""

    subject: str
    authors: Sequence[Address]
    reply_to: Sequence[Address]
    to: Sequence[Address]
    cc: Sequence[Address]
    date: datetime | None
    message_id: str
    references: str
    in_reply_to: str


def subject_of(original: Original, kind: Kind) -> str:
    """One mark, however often it went to and fro."""
    pattern, mark = (_FORWARDED, "Fwd: ") if kind is Kind.FORWARD else (_ANSWERED, "Re: ")
    rest = original.subject
    while (shorter := pattern.sub("", rest)) != rest:
        rest = shorter
    return mark + rest


def references_of(original: Original) -> str:
    """RFC 5322 §3.6.4: those of the original, and itself; of very many the first and the last."""
    known = identifiers(original.references) or identifiers(original.in_reply_to)[:1]
    known = [each for each in known if each != original.message_id] + identifiers(original.message_id)[:1]
    if len(known) > MOST_REFERENCES:
        known = [known[0], *known[-MOST_REFERENCES + 1 :]]
    return " ".join(known)


def recipients_of(original: Original, kind: Kind, own: Iterable[str]) -> tuple[list[Address], list[Address]]:
    """To and Cc. Who answers a letter of its own goes on writing to whom that went."""
    if kind is Kind.FORWARD:
        return [], []
    mine = {address.lower() for address in own}
    wrote_it = any(author.address.lower() in mine for author in original.authors)
    to = list(original.to) if wrote_it else list(original.reply_to or original.authors)
    cc = [] if kind is Kind.REPLY else [*([] if wrote_it else original.to), *original.cc]
    to = _each_once(to, () if wrote_it else mine) or _each_once(to, ())
    return to, _each_once(cc, {*mine, *(who.address.lower() for who in to)})


def _each_once(people: Iterable[Address], without: Iterable[str]) -> list[Address]:
    seen, kept = set(without), []
    for who in people:
        if who.address.lower() not in seen and "@" in who.address:
            seen.add(who.address.lower())
            kept.append(who)
    return kept


def quoted_text(original: Original, kind: Kind, text: str) -> str:
    lines = text.replace("\r\n", "\n").rstrip().split("\n")
    if kind is Kind.FORWARD:
        return "\n\n" + "\n".join([*_forward_head(original), "", *lines]) + "\n"
    quoted = [f">{line}" if line.startswith(">") else f"> {line}" if line else ">" for line in lines]
    return "\n\n" + "\n".join([_attribution(original), *quoted]) + "\n"


def quoted_html(original: Original, kind: Kind, html: str) -> str:
    """`html` is clean."""
    if kind is Kind.FORWARD:
        head = "<br>".join(escape(line) for line in _forward_head(original))
        return f"<p><br></p><p>{head}</p><div>{html}</div>"
    return f"<p><br></p><p>{escape(_attribution(original))}</p><blockquote>{html}</blockquote>"


def _attribution(original: Original) -> str:
    who = ", ".join(author.name or author.address for author in original.authors) or "?"
    when = f"Le {original.date:%d/%m/%Y à %H:%M}, " if original.date else ""
    return f"{when}{who} a écrit / wrote :"


def _forward_head(original: Original) -> list[str]:
    fields = [
        ("De / From", _shown(original.authors)),
        ("Date", f"{original.date:%d/%m/%Y %H:%M %z}" if original.date else ""),
        ("Objet / Subject", original.subject),
        ("À / To", _shown(original.to)),
        ("Cc", _shown(original.cc)),
    ]
    return ["---------- Message transféré / Forwarded message ----------", *(f"{n} : {v}" for n, v in fields if v)]


def _shown(people: Sequence[Address]) -> str:
    return ", ".join(f"{who.name} <{who.address}>" if who.name else who.address for who in people[:50])
