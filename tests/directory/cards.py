"""vCards as clients write them."""

from chassis.ids import new_id


def card(name: str = "Agent du Trésor", uid: str = "", *more: str, version: str = "3.0") -> bytes:
    """A card that an address book takes."""
    lines = ["BEGIN:VCARD", f"VERSION:{version}", f"UID:{uid or new_id()}", f"FN:{name}", f"N:{name};;;;", *more]
    return "\r\n".join([*lines, "END:VCARD", ""]).encode()
