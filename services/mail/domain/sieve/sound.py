"""What single words of a script may be. Each function answers what is wrong, in French and in English, or None."""

import re

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_address
from services.mail.domain.sharing import own_name
from services.mail.domain.sieve.notification import mailto

Wrong = tuple[str, str] | None

# RFC 5322 §3.6.8.
_FIELD_NAME = re.compile(r"[!-9;-~]{1,250}")
_ZONE = re.compile(r"[+-][0-9]{4}")
_SPACED = re.compile(r"^(?:\"[^\"]*\"|[^<>\"]*)<([^<>\s]+)>\s*$")
RELATIONS = frozenset({"gt", "ge", "lt", "le", "eq", "ne"})
COMPARATORS = ("i;octet", "i;ascii-casemap", "i;ascii-numeric", "i;unicode-casemap")
# RFC 5228 §5.1: fields that hold addresses.
ADDRESS_FIELDS = frozenset(
    {"from", "to", "cc", "bcc", "sender", "reply-to", "return-path", "delivered-to", "envelope-to", "apparently-to"}
    | {"resent-from", "resent-to", "resent-cc", "resent-bcc", "resent-sender", "resent-reply-to", "x-original-to"}
    | {"errors-to", "disposition-notification-to", "mail-followup-to", "mail-reply-to", "return-receipt-to"}
)
DATE_PARTS = frozenset(
    [
        "year",
        "month",
        "day",
        "date",
        "julian",
        "hour",
        "minute",
        "second",
        "time",
        "iso8601",
        "std11",
        "zone",
        "weekday",
    ]
)


def field_name(given: str) -> Wrong:
    if _FIELD_NAME.fullmatch(given):
        return None
    return f"{given[:40]!r} n'est pas un nom de champ", f"{given[:40]!r} is not the name of a header field"


def address_field(given: str) -> Wrong:
    if given.lower() in ADDRESS_FIELDS:
        return None
    return f"le champ {given[:40]!r} ne contient pas d'adresses", f"the field {given[:40]!r} holds no addresses"


def envelope_part(given: str) -> Wrong:
    if given.lower() in ("from", "to"):
        return None
    return f"l'enveloppe n'a pas de partie {given[:40]!r}", f"the envelope has no part {given[:40]!r}"


def bare_address(given: str) -> str:
    """`Name <address>` or an address, as the address alone in the form it is looked up by. Raises `InvalidInput`."""
    spaced = _SPACED.match(given.strip())
    return mail_address(spaced[1] if spaced else given)


def address(given: str) -> Wrong:
    try:
        bare_address(given)
    except InvalidInput:
        return f"{given[:80]!r} n'est pas une adresse", f"{given[:80]!r} is not a mail address"
    return None


def mailbox(given: str) -> Wrong:
    try:
        own_name(given)
    except InvalidInput as error:
        return f"{given[:80]!r} n'est pas un nom de dossier", f"{given[:80]!r}: {error.detail}"
    return None


def comparator(given: str) -> Wrong:
    if given in COMPARATORS:
        return None
    return f"le comparateur {given[:40]!r} n'existe pas", f"there is no comparator {given[:40]!r}"


def relation(given: str) -> Wrong:
    if given.lower() in RELATIONS:
        return None
    return f"{given[:40]!r} n'est pas une relation (gt, ge, lt, le, eq, ne)", f"{given[:40]!r} is not a relation"


def zone(given: str) -> Wrong:
    if _ZONE.fullmatch(given) and int(given[1:3]) < 24 and int(given[3:]) < 60:
        return None
    return f"{given[:40]!r} n'est pas un fuseau comme « +0000 »", f'{given[:40]!r} is not a zone such as "+0000"'


def date_part(given: str) -> Wrong:
    if given.lower() in DATE_PARTS:
        return None
    return f"une date n'a pas de partie {given[:40]!r}", f"a date has no part {given[:40]!r}"


def method(given: str) -> Wrong:
    """Where a notification goes (RFC 5435 §3.2): a letter is the one way there is."""
    if mailto(given) is not None:
        return None
    return (
        f"{given[:80]!r} n'est pas un « mailto: » avec quelques adresses",
        f'{given[:80]!r} is not a "mailto:" with a few addresses',
    )


def importance(given: str) -> Wrong:
    if given in ("1", "2", "3"):
        return None
    return f"l'importance est 1, 2 ou 3, pas {given[:40]!r}", f"importance is 1, 2 or 3, not {given[:40]!r}"


def special_use(given: str) -> Wrong:
    if re.fullmatch(r"\\[A-Za-z]{1,40}", given):
        return None
    return f"{given[:40]!r} n'est pas un usage comme « \\Junk »", f'{given[:40]!r} is not a use such as "\\Junk"'
