"""Who a letter says it is from, and what about that is meant to mislead."""

import re
from dataclasses import dataclass
from enum import Enum

from services.mail.domain.mime import Address
from services.mail.domain.mime.words import word_octets
from services.mail.domain.reading.hosts import imitates, is_mixed

_ADDRESS = re.compile(r"[^\s<>\"'(),;:@]+@[^\s<>\"'(),;:@]+\.[^\s<>\"'(),;:@]+")
_WORD = re.compile(r"=\?[^?\s]{1,60}\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|\[[0-9A-Fa-f.:]+\]|\[IPv6:[0-9A-Fa-f:.]+\]")
# NUL and line ends: where programs of old stop reading.
_BREAKING = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# What turns text around, and what is not seen; emoji need the joiners.
_HIDING = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class Warned(Enum):
    """What a reader is warned of."""

    # The name shows another address than the one it is from.
    NAME_IS_ADDRESS = "name_is_address"
    # The name of somebody of the platform, the address of somebody else.
    NAME_OF_COLLEAGUE = "name_of_colleague"
    # A domain in mixed scripts, or one that looks like ours.
    LOOKALIKE_DOMAIN = "lookalike_domain"
    # Encoded words where none may stand, or hiding marks: programs differ in what they show ("Mailsploit").
    DISGUISED_SENDER = "disguised_sender"
    # No From, or more than one.
    AUTHORS_UNCLEAR = "authors_unclear"
    # Answers go to another domain than the letter says it is from.
    ANSWERS_ELSEWHERE = "answers_elsewhere"
    # A subject or a name with characters that turn or hide text.
    HIDDEN_CHARACTERS = "hidden_characters"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the header says. `raw`: the From fields as they came, unfolded, undecoded."""

    raw: tuple[str, ...]
    authors: tuple[Address, ...]
    answers: tuple[Address, ...]
    subject: str


def warnings_of(claimed: Claimed, ours: tuple[str, ...]) -> set[Warned]:
    """All but `NAME_OF_COLLEAGUE`, which takes somebody who knows them. `ours`: the platform's mail domains."""
    found: set[Warned] = set()
    if len(claimed.raw) != 1 or not claimed.authors:
        found.add(Warned.AUTHORS_UNCLEAR)
    for author in claimed.authors:
        if any(each.lower() != author.address.lower() for each in _ADDRESS.findall(author.name)):
            found.add(Warned.NAME_IS_ADDRESS)
        host = _host(author)
        if is_mixed(host) or imitates(host, ours):
            found.add(Warned.LOOKALIKE_DOMAIN)
        if _WORD.search(author.address) or not _HOST.fullmatch(host):
            found.add(Warned.DISGUISED_SENDER)
    if any(_disguised(raw) for raw in claimed.raw):
        found.add(Warned.DISGUISED_SENDER)
    hosts = {_host(author) for author in claimed.authors}
    if claimed.answers and hosts and not any(_host(answer) in hosts for answer in claimed.answers):
        found.add(Warned.ANSWERS_ELSEWHERE)
    if any(_HIDING.search(text) for text in (claimed.subject, *(author.name for author in claimed.authors))):
        found.add(Warned.HIDDEN_CHARACTERS)
    return found


def _host(address: Address) -> str:
    return address.address.rpartition("@")[2].lower()


def _disguised(raw: str) -> bool:
    """Encoded words outside a phrase (RFC 2047 §5), and those that hold what ends a line or a text."""
    inside = re.search(r"<([^>]*)>?", raw)
    if inside is not None and _WORD.search(inside[1]):
        return True
    return any(_BREAKING.search(word_octets(word[1].encode(), word[2].encode())) for word in _WORD.finditer(raw))
