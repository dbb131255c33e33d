"""vCards that we write ourselves: new ones from a form, and kept ones with some properties changed.

A change touches the lines of what is changed and no other: what a telephone or a mail program wrote beside it stays
as it stood.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields

from chassis.errors import InvalidInput
from services.directory.domain.vcards import Card, components

FOLD_OCTETS = 75  # RFC 6350 §3.2
MAX_TEXT = 1000
MAX_NOTE = 20_000
MAX_ENTRIES = 50
_TYPE = re.compile(r"[a-z0-9-]{1,30}", re.ASCII)


@dataclass(frozen=True)
class Labelled:
    """An address or a number, with what it is for: "home", "work", "cell"; empty when nobody said."""

    value: str
    type: str = ""


@dataclass(frozen=True)
class Details:
    """What a form shows of a contact."""

    display_name: str = ""
    given_name: str = ""
    family_name: str = ""
    emails: tuple[Labelled, ...] = ()
    phones: tuple[Labelled, ...] = ()
    organisation: str = ""
    title: str = ""
    note: str = ""


DETAILS = tuple(each.name for each in fields(Details))


def details_of(card: Card) -> Details:
    """What a card says, as a form shows it."""
    name = [*components(card.every("N")[0].value if card.every("N") else ""), "", ""]
    return Details(
        display_name=card.first("FN"),
        given_name=name[1].strip(),
        family_name=name[0].strip(),
        emails=_labelled(card, "EMAIL"),
        phones=_labelled(card, "TEL"),
        organisation=" — ".join(p for p in components(card.every("ORG")[0].value) if p) if card.every("ORG") else "",
        title=card.first("TITLE"),
        note=card.first("NOTE"),
    )


def _labelled(card: Card, name: str) -> tuple[Labelled, ...]:
    found = []
    for line in card.every(name)[:MAX_ENTRIES]:
        # "internet", "pref" and "voice" say nothing of what it is for.
        types = [kind for kind in line.types() if kind not in {"internet", "pref", "voice"}]
        value = line.text.strip()
        if "uri" in map(str.lower, line.values_of("VALUE")):
            value = value.removeprefix("tel:").removeprefix("mailto:")
        if value:
            found.append(Labelled(value, types[0] if types else ""))
    return tuple(found)


def checked(given: Details) -> Details:
    """The details, if a card can hold them. Raises `InvalidInput`, naming the field."""
    for field in ("display_name", "given_name", "family_name", "organisation", "title"):
        _check(getattr(given, field), field, MAX_TEXT, lines=False)
    _check(given.note, "note", MAX_NOTE, lines=True)
    for field in ("emails", "phones"):
        entries: tuple[Labelled, ...] = getattr(given, field)
        if len(entries) > MAX_ENTRIES:
            raise InvalidInput("Too many", fields={field: f"more than {MAX_ENTRIES}"})
        for entry in entries:
            _check(entry.value, field, MAX_TEXT, lines=False)
            if not entry.value.strip():
                raise InvalidInput("An entry is empty", fields={field: "empty"})
            if entry.type and not _TYPE.fullmatch(entry.type):
                raise InvalidInput("Not a type", fields={field: f"{entry.type[:40]!r}: letters, digits and hyphen"})
    if not any(
        (given.display_name, given.given_name, given.family_name, given.organisation, given.emails, given.phones)
    ):
        raise InvalidInput("A contact has a name, an address or a number", fields={"display_name": "empty"})
    return given


def _check(text: str, field: str, most: int, *, lines: bool) -> None:
    if len(text) > most:
        raise InvalidInput("Too long", fields={field: f"more than {most} characters"})
    if any((c < " " and not (lines and c in "\n\r\t")) or c in "\x7f\ufffe\uffff" for c in text):
        raise InvalidInput("It has control characters", fields={field: "control character"})


def written(uid: str, given: Details) -> bytes:
    """A new card, in the version that every client reads (RFC 6352 §5.1)."""
    return _joined(["BEGIN:VCARD", "VERSION:3.0", f"UID:{escaped(uid)}", *_content(given, DETAILS, ""), "END:VCARD"])


def with_uid(octets: bytes, uid: str) -> bytes:
    """A card that had none, with a UID."""
    head, line_end, rest = octets.partition(b"\n")
    return head + line_end + f"UID:{escaped(uid)}\r\n".encode() + rest


def edited(card: Card, given: Details, wanted: Collection[str]) -> bytes:
    """The card with the details of `wanted` as given."""
    replaced = {_PROPERTIES[field] for field in wanted}
    kept = [line.raw for line in card.lines if line.name not in replaced]
    before = details_of(card)
    whole = Details(**{field: getattr(given if field in wanted else before, field) for field in DETAILS})
    old_name = card.every("N")[0].value if card.every("N") else ""
    fresh = _content(whole, [field for field in DETAILS if _PROPERTIES[field] in replaced], old_name)
    as_written = "".join(raw if raw.endswith("\r\n") else raw.rstrip("\r\n") + "\r\n" for raw in kept)
    return b"BEGIN:VCARD\r\n" + as_written.encode() + _joined([*fresh, "END:VCARD"])


_PROPERTIES: Mapping[str, str] = {
    "display_name": "FN",
    "given_name": "N",
    "family_name": "N",
    "emails": "EMAIL",
    "phones": "TEL",
    "organisation": "ORG",
    "title": "TITLE",
    "note": "NOTE",
}


def _content(given: Details, wanted: Collection[str], old_name: str) -> list[str]:
    shown = given.display_name or " ".join(filter(None, (given.given_name, given.family_name)))
    fallback = next((e.value for e in (*given.emails, *given.phones)), given.organisation)
    # Further names, prefixes and suffixes are no part of the form, and stay.
    rest = [escaped(part) for part in components(old_name)[2:5]] if old_name else []
    rest += [""] * (3 - len(rest))
    makers: dict[str, Callable[[], list[str]]] = {
        "display_name": lambda: [f"FN:{escaped(shown or fallback)}"],
        "family_name": lambda: [f"N:{';'.join([escaped(given.family_name), escaped(given.given_name), *rest])}"],
        "emails": lambda: [f"EMAIL{_type(each)}:{escaped(each.value)}" for each in given.emails],
        "phones": lambda: [f"TEL{_type(each)}:{escaped(each.value)}" for each in given.phones],
        "organisation": lambda: [f"ORG:{escaped(given.organisation)}"] if given.organisation else [],
        "title": lambda: [f"TITLE:{escaped(given.title)}"] if given.title else [],
        "note": lambda: [f"NOTE:{escaped(given.note)}"] if given.note else [],
    }
    named = {"family_name" if field == "given_name" else field for field in wanted}
    return [line for field, make in makers.items() if field in named for line in make()]


def _type(entry: Labelled) -> str:
    return f";TYPE={entry.type}" if entry.type else ""


def escaped(text: str) -> str:
    """RFC 6350 §3.4"""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _joined(lines: Collection[str]) -> bytes:
    return b"".join(_folded(line) for line in lines)


def _folded(line: str) -> bytes:
    """A line in pieces of at most 75 octets, never within a character."""
    octets, pieces = line.encode(), []
    while len(octets) > FOLD_OCTETS - 1:
        end = FOLD_OCTETS - 1
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[:end])
        octets = octets[end:]
    pieces.append(octets)
    return b"\r\n ".join(pieces) + b"\r\n"
