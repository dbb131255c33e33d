"""What is kept of sensitive acts, so that they can be done later just as they were asked for."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from services.directory.domain.accounts import ADMINISTRATOR, Account, RoleGrant
from services.directory.domain.approvals import (
    GRANT_ADMINISTRATOR,
    HAND_OVER_MAILBOX,
    REGISTER_CLIENT,
    RESET_ADMINISTRATOR,
    SensitiveAct,
)
from services.directory.domain.clients import Client
from services.directory.domain.scopes import is_wide
from services.directory.domain.units import Unit
from services.directory.usecases.granting import Wish, spelled_roles
from services.directory.usecases.reorganising import Readdressing


def reorganising(
    act: str,
    unit: Unit,
    into: Unit | None,
    kind: str,
    addressing: Readdressing,
    *,
    hands_roles: bool = False,
    widened: Sequence[str] = (),
) -> SensitiveAct:
    """A move, merger or dissolution; `into` is where it goes, None for the root or nowhere."""
    key = "parent_id" if act == "move_unit" else "into_id"
    arguments: dict[str, Any] = {"unit_id": unit.id, key: into.id if into is not None else ""}
    arguments |= {"domain": addressing.domain, "days": addressing.days}
    arguments |= {"kind": kind} if act == "move_unit" else {"hands_roles": hands_roles}
    paths = (unit.path, into.path) if into is not None else (unit.path,)
    above = (unit.path[:-1], into.path) if into is not None else (unit.path[:-1],)
    details = {
        "unit": unit.name,
        "to": into.name if into is not None else "none",
        **({"new_domain": addressing.domain} if addressing.domain else {}),
        **({"hands_roles": "true"} if hands_roles else {}),
        **({"groups_by_rule": ", ".join(widened)} if widened else {}),
    }
    # Roles that are handed over are roles over more than before.
    also = GRANT_ADMINISTRATOR if hands_roles else ""
    return SensitiveAct(act, act, arguments, unit.id, unit.name, paths, above, details, also)


def granting(operation: str, account: Account, added: Sequence[RoleGrant], arguments: dict[str, Any]) -> SensitiveAct:
    """Roles of an administrator for an account, new or not."""
    paths = tuple(dict.fromkeys((account.unit_path, *(grant.unit_path for grant in added))))
    details = {"account": account.address, "roles": spelled_roles(added)}
    return SensitiveAct(GRANT_ADMINISTRATOR, operation, arguments, account.id, account.address, paths, paths, details)


def administrators(grants: Collection[RoleGrant]) -> list[RoleGrant]:
    return [grant for grant in grants if grant.role == ADMINISTRATOR]


def resetting(operation: str, account: Account, arguments: dict[str, Any]) -> SensitiveAct:
    """New credentials for somebody who is an administrator."""
    paths = tuple(dict.fromkeys((account.unit_path, *(grant.unit_path for grant in account.roles))))
    details = {"account": account.address, "what": operation}
    return SensitiveAct(
        RESET_ADMINISTRATOR, operation, {"account_id": account.id, **arguments}, account.id, account.address, paths,
        paths, details,
    )  # fmt: skip


def handing_over(account: Account, successor: Account) -> SensitiveAct:
    """A departure after which somebody else reads what the account had received."""
    arguments = {"account_id": account.id, "successor_id": successor.id}
    details = {"account": account.address, "to": successor.address}
    by = (account.unit_path, successor.unit_path)
    return SensitiveAct(
        HAND_OVER_MAILBOX, "depart_account", arguments, account.id, account.address, (account.unit_path,), by, details
    )


def registering(operation: str, client: Client, path: tuple[str, ...], fields: Collection[str] = ()) -> SensitiveAct:
    """A client with scopes that open more than one person's own data to reading."""
    arguments = {"client": client_kept(client), **({"fields": sorted(fields)} if fields else {})}
    details = {"client": client.name, "scopes": " ".join(client.scopes)}
    target = client.id if operation == "update_client" else ""
    return SensitiveAct(REGISTER_CLIENT, operation, arguments, target, client.name, (path,), (path,), details)


def wide(client: Client, before: Client | None = None) -> list[str]:
    """The wide scopes that a client gets and did not have."""
    had = set(before.scopes) if before is not None else set()
    return [scope for scope in client.scopes if is_wide(scope) and scope not in had]


def account_kept(given: Account) -> dict[str, Any]:
    """What a caller may say of an account, as JSON has it."""
    plain = ("id", "address", "display_name", "staff_number", "hidden")
    kept = {name: getattr(given, name) for name in plain}
    return {**kept, "aliases": list(given.aliases), "profile": dict(vars(given.profile))}


def roles_kept(wishes: Sequence[Wish]) -> list[list[str]]:
    return [[wish.role, wish.unit_id] for wish in wishes]


def client_kept(given: Client) -> dict[str, Any]:
    """What a caller may say of a client, as JSON has it."""
    never = ("created_at", "secrets", "version", "account_id")
    return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(given).items() if name not in never}
