"""People of the national address book as vCards (RFC 2426)."""

import hashlib
from base64 import b64encode

from workspace.directory.v1 import addressbook_pb2 as pb

from gateway.edges.dav.carddav.rules import VCARD
from gateway.edges.dav.folding import written
from gateway.edges.dav.kinds import Member


def person_member(person: pb.Person, photo: bytes = b"", *, content: bool) -> Member:
    """`photo` is a JPEG; empty where there is none."""
    octets = vcard_of(person, photo)
    return Member(
        name=f"{person.id}.vcf",
        etag=hashlib.sha256(octets).hexdigest()[:32],
        octets=len(octets),
        content_type=VCARD,
        content=octets if content else None,
    )


def vcard_of(person: pb.Person, photo: bytes = b"") -> bytes:
    profile = person.profile
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{_text(person.id)}",
        f"FN:{_text(person.display_name)}",
        f"N:{_text(profile.family_name or person.display_name)};{_text(profile.given_name)};;;",
    ]
    lines += [f"EMAIL;TYPE=INTERNET:{_text(address)}" for address in (person.address, *person.aliases)]
    if person.units:
        lines.append(f"ORG:{';'.join(_text(unit.name) for unit in person.units)}")
    for name, value in (
        ("TITLE", profile.title),
        ("ROLE", profile.grade),
        ("TEL;TYPE=WORK", profile.phone),
        ("TEL;TYPE=CELL", profile.mobile),
        ("ADR;TYPE=WORK", profile.place),
    ):
        if value:
            lines.append(f"{name}:{';;' if name.startswith('ADR') else ''}{_text(value)}")
    if photo:
        # RFC 2426 §3.1.4: inline, since no client has a token for an address.
        lines.append(f"PHOTO;ENCODING=b;TYPE=JPEG:{b64encode(photo).decode('ascii')}")
    return written((*lines, "END:VCARD"))


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())
