"""As whom an account writes: its addresses, each with a name and a signature."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chassis.errors import InvalidInput, NotFound

LONGEST_NAME, LONGEST_SIGNATURE = 200, 100_000


@dataclass(frozen=True, slots=True)
class Identity:
    """`signature_html` is clean."""

    address: str
    name: str = ""
    signature_text: str = ""
    signature_html: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What an account has said of its addresses, those among them that it may not write as any more; by address."""

    identities: Mapping[str, Identity] = field(default_factory=dict)
    default: str = ""
    version: int = 0


def identities(kept: Kept, addresses: Mapping[str, str]) -> list[Identity]:
    """One for each address that an account may write as; `addresses` has the name beside each where none was said."""
    lower = {address.lower(): name for address, name in addresses.items()}
    default = kept.default if kept.default in lower else next(iter(lower))
    found = [kept.identities.get(address, Identity(address)) for address in lower]
    return [replace(each, name=each.name or lower[each.address], default=each.address == default) for each in found]


def changed(kept: Kept, addresses: Iterable[str], given: Identity, fields: Sequence[str]) -> Kept:
    """What is kept after a change of some fields of one. Raises `NotFound`, `InvalidInput`."""
    address = given.address.lower()
    if address not in (each.lower() for each in addresses):
        raise NotFound("Not an address that you may write as")
    if len(given.name) > LONGEST_NAME:
        raise InvalidInput("Too long", fields={"name": f"more than {LONGEST_NAME} characters"})
    for one in ("signature_text", "signature_html"):
        if len(getattr(given, one)) > LONGEST_SIGNATURE:
            raise InvalidInput("Too long", fields={one: f"more than {LONGEST_SIGNATURE} characters"})
    before = kept.identities.get(address, Identity(address))
    said = {one: getattr(given, one) for one in fields if one != "default"}
    default = kept.default
    if "default" in fields:
        if not given.default and default == address:
            raise InvalidInput("One is the default", fields={"default": "set it at another one instead"})
        default = address if given.default else default
    known = {**kept.identities, address: replace(before, **said)}
    return Kept(known, default, kept.version)


def signed_text(identity: Identity) -> str:
    """Below what is written, above what is quoted (RFC 3676 §4.3)."""
    return f"\n\n-- \n{identity.signature_text.strip()}\n" if identity.signature_text.strip() else ""


def signed_html(identity: Identity) -> str:
    return f"<p><br></p><div>-- <br>{identity.signature_html}</div>" if identity.signature_html.strip() else ""
