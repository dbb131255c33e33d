"""CR:address-data: a card, or those of its properties that a client asked for (RFC 6352 §10.4)."""

import re
from collections.abc import Iterator

from gateway.edges.dav.carddav.conversion import converted, logical_lines
from gateway.edges.dav.carddav.rules import check_asked
from gateway.edges.dav.elements import Element
from gateway.edges.dav.names import carddav

_FOLD = re.compile(r"\r?\n[ \t]")
_HEAD = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)")
# Without them it would be no card.
_ALWAYS = frozenset({"BEGIN", "VERSION", "END"})


def address_data(vcard: bytes, asked: Element) -> str:
    """The card as text, as it is kept or in the version asked for. Raises `DavError` for a type that there is not."""
    check_asked(asked)
    text = vcard.decode("utf-8").removeprefix("\ufeff")
    if version := asked.get("version", ""):
        text = converted(text, version)
    wanted = {
        each.get("name", "").upper(): each.get("novalue", "no") == "yes" for each in asked.iterfind(carddav("prop"))
    }
    if not wanted or asked.find(carddav("allprop")) is not None:
        return text
    return "".join(_chosen(text, wanted))


def _chosen(text: str, wanted: dict[str, bool]) -> Iterator[str]:
    for line in logical_lines(text):
        found = _HEAD.match(line)
        name = found[1].upper() if found else ""
        if name in _ALWAYS or wanted.get(name) is False:
            yield f"{line}\r\n"
        elif name in wanted:
            yield f"{_FOLD.sub('', line).partition(':')[0]}:\r\n"
