"""Whether a letter is one that a machine may answer (RFC 5230 §4.5 and §4.6, RFC 3834 §2)."""

import re
from collections.abc import Iterable

from services.mail.domain.envelope import without_detail
from services.mail.domain.sieve.comparators import text_of
from services.mail.domain.sieve.letter import Letter

# Senders that nobody reads, or that answer by themselves.
_AUTOMATA = re.compile(
    r"(?:owner-.*|.*-(?:request|owner|relay|bounces?|return)|bounces?(?:[-+].*)?|mailer-daemon|postmaster|listserv|"
    r"majordomo|.*no[-_.]?reply.*|.*do[-_.]?not[-_.]?reply.*|.*ne[-_.]?pas[-_.]?r(?:e|é|e\u0301)pondre.*)",
    re.I,
)
_LIST_FIELDS = ("id", "post", "help", "unsubscribe", "subscribe", "owner", "archive")
_ADDRESSED = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")


def is_automatic(letter: Letter) -> bool:
    """Whether a machine wrote it (RFC 3834 §5)."""
    said = letter.values("auto-submitted")
    return any(each.partition(";")[0].strip().lower() != "no" for each in said)


def is_from_list(letter: Letter) -> bool:
    """Whether it came to many: by a list, or as bulk (RFC 2369, RFC 2919, RFC 3834 §2)."""
    if any(letter.raw(f"list-{name}") for name in _LIST_FIELDS):
        return True
    if any(each.lower() in ("bulk", "list", "junk") for each in letter.values("precedence")):
        return True
    wanted = " ".join(letter.values("x-auto-response-suppress")).lower()
    return any(word in wanted for word in ("all", "oof", "autoreply"))


def is_addressed(letter: Letter, own: Iterable[str]) -> bool:
    """Whether one of the addresses stands among those that it was written to."""
    mine = {without_detail(address.lower()) for address in own}
    for name in _ADDRESSED:
        for mailboxes in letter.addresses(name):
            for mailbox in mailboxes:
                address = f"{text_of(mailbox.local or b'')}@{text_of(mailbox.host or b'')}".lower()
                if without_detail(address) in mine:
                    return True
    return False


def may_answer(letter: Letter, sender: str, own: Iterable[str]) -> bool:
    """Whether vacation answers the envelope's `sender`, to whom the addresses `own` are not its own."""
    mine = {without_detail(address.lower()) for address in own}
    local = sender.rpartition("@")[0]
    return (
        bool(sender)
        and without_detail(sender.lower()) not in mine
        and not _AUTOMATA.fullmatch(local)
        and not is_automatic(letter)
        and not is_from_list(letter)
        and is_addressed(letter, mine)
    )
