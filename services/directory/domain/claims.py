"""Claims about a person (OpenID Connect Core §5), by the scopes that a client has."""

from collections.abc import Collection, Sequence
from typing import Any

from services.directory.domain.accounts import Account

SUPPORTED = (
    "sub", "name", "given_name", "family_name", "preferred_username", "locale", "title", "email", "email_verified",
    "phone_number", "phone_number_verified", "groups", "unit", "roles",
)  # fmt: skip


def claims_of(
    account: Account, units: Sequence[str], groups: Sequence[tuple[Sequence[str], str]], scopes: Collection[str]
) -> dict[str, Any]:
    """What a client may know; `units` are the names of the person's units from the ministry down, `groups` are those
    that the client is told, each with the names of its unit's path. Empty is left out.

    The claim `groups` has units as "Économie/Trésor" and groups as "Économie/Trésor#Comité". What stands before the
    last name is given by who administers above it: nobody can make a unit or a group that is read as another's.
    """
    said: dict[str, Any] = {"sub": account.id}
    profile = account.profile
    if "profile" in scopes:
        said |= {
            "name": account.display_name,
            "given_name": profile.given_name,
            "family_name": profile.family_name,
            "preferred_username": account.address,
            "locale": profile.language or "fr",
            "title": profile.title,
        }
    if "email" in scopes:
        # The platform itself receives for the address.
        said |= {"email": account.address, "email_verified": True}
    if "phone" in scopes and (profile.mobile or profile.phone):
        said |= {"phone_number": profile.mobile or profile.phone, "phone_number_verified": False}
    if "groups" in scopes:
        said |= {
            "groups": [
                *("/".join(units[: depth + 1]) for depth in range(len(units))),
                *(f"{'/'.join(path)}#{name}" for path, name in groups),
            ],
            "unit": account.unit_id,
            "roles": [{"role": grant.role, "unit": grant.unit_id} for grant in account.roles],
        }
    return {name: value for name, value in said.items() if value not in ("", None)}
