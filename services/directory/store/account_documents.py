"""An account as a document, and back."""

from collections.abc import Mapping
from typing import Any

from services.directory.domain.accounts import PERSON, Account, Credential, Departure, Profile, Retired, RoleGrant
from services.directory.domain.tree import Tree
from services.directory.store.photos import photo_kept, photo_read
from services.directory.store.provisioning import provisioning_kept, provisioning_read


def account_kept(account: Account) -> dict[str, Any]:
    addresses = [account.address, *account.aliases, *(each.address for each in account.retired)]
    document: dict[str, Any] = {
        "address": account.address,
        "aliases": list(account.aliases),
        "addresses": addresses,
        # By which a mail domain knows whether it is used.
        "domains": sorted({each.rpartition("@")[2] for each in addresses}),
        "functions": list(account.functions),
        "retired": [{"address": each.address, "until": each.until} for each in account.retired],
        "display_name": account.display_name,
        "unit_path": list(account.unit_path),
        "roles": [{"role": grant.role, "unit_path": list(grant.unit_path)} for grant in account.roles],
        "kind": account.kind,
        "profile": {field: value for field, value in vars(account.profile).items() if value},
        "suspended": account.suspended,
        "hidden": account.hidden,
        "created_at": account.created_at,
        "changed_at": account.changed_at or account.created_at,
        "version": account.version,
        # A question can ask for it only by an index: whether provisioners see it is kept, not computed.
        "provisioned": account.provisioned,
        "provisioning": provisioning_kept(account.provisioning),
    }
    if account.retired:
        document["retires_at"] = min(each.until for each in account.retired)
    if account.staff_number:
        document["staff_number"] = account.staff_number
    if account.departure is not None:
        document["departure"] = {"at": account.departure.at, "successor": account.departure.successor_id}
        document["delete_at"] = account.departure.delete_at
    if account.photo is not None:
        document["photo"] = photo_kept(account.photo)
    if account.sessions_end is not None:
        document["sessions_end"] = account.sessions_end
    if account.credential is not None:
        document["credential"] = {
            "id": account.credential.id,
            "encoded": account.credential.encoded,
            "history": list(account.credential.history),
        }
    return document


def account_read(document: Mapping[str, Any], tree: Tree) -> Account:
    credential = document.get("credential")
    reached = [(grant["role"], tree.reach(grant["unit_path"])) for grant in document["roles"]]
    return Account(
        id=document["_id"],
        address=document["address"],
        display_name=document["display_name"],
        created_at=document["created_at"],
        aliases=tuple(document["aliases"]),
        unit_path=tree.place(document["unit_path"]),
        staff_number=document.get("staff_number", ""),
        roles=tuple(RoleGrant(role, path) for role, path in reached if path is not None),
        kind=document.get("kind", PERSON),
        profile=Profile(**document.get("profile", {})),
        provisioning=provisioning_read(document.get("provisioning", {})),
        changed_at=document.get("changed_at"),
        suspended=document["suspended"],
        hidden=document.get("hidden", False),
        functions=tuple(document.get("functions", ())),
        retired=tuple(Retired(each["address"], each["until"]) for each in document.get("retired", ())),
        version=document["version"],
        sessions_end=document.get("sessions_end"),
        credential=_credential(credential) if credential else None,
        departure=_departure(document),
        photo=photo_read(document.get("photo")),
    )


def _departure(document: Mapping[str, Any]) -> Departure | None:
    departure = document.get("departure")
    return Departure(departure["at"], document["delete_at"], departure["successor"]) if departure else None


def _credential(document: Mapping[str, Any]) -> Credential:
    return Credential(document["id"], document["encoded"], tuple(document.get("history", ())))


def kept_where_it_stands(account: Account, document: Mapping[str, Any]) -> bool:
    roles = [(grant["role"], tuple(grant["unit_path"])) for grant in document["roles"]]
    now = [(grant.role, grant.unit_path) for grant in account.roles]
    return tuple(document["unit_path"]) == account.unit_path and roles == now
