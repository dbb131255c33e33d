"""Of an account's document, what an address book shows: a fraction of it, for reading 70,000 at once."""

from collections.abc import Mapping
from typing import Any

from services.directory.domain.accounts import PERSON, Account, Profile
from services.directory.domain.tree import Tree
from services.directory.store.photos import photo_read

_FIELDS = (
    "address", "aliases", "display_name", "created_at", "changed_at", "unit_path", "staff_number", "kind", "profile",
    "suspended", "hidden", "functions", "photo",
)  # fmt: skip
SHOWN = dict.fromkeys(_FIELDS, 1)


def shown_account(document: Mapping[str, Any], tree: Tree) -> Account:
    """An account as an address book needs it: without roles, credential and the like, whatever it has."""
    return Account(
        id=document["_id"],
        address=document["address"],
        display_name=document["display_name"],
        created_at=document["created_at"],
        changed_at=document.get("changed_at"),
        aliases=tuple(document["aliases"]),
        unit_path=tree.place(document["unit_path"]),
        staff_number=document.get("staff_number", ""),
        kind=document.get("kind", PERSON),
        profile=Profile(**document.get("profile", {})),
        suspended=document["suspended"],
        hidden=document.get("hidden", False),
        functions=tuple(document.get("functions", ())),
        photo=photo_read(document.get("photo")),
    )
