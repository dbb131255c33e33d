"""The acts that can wait for a second administrator, as they are done from what was kept of them.

Each calls the use case that was asked for, which checks everything anew. What it answers is for who asked, alone.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.directory.domain.accounts import Account, Profile
from services.directory.domain.clients import Client
from services.directory.usecases.account_sessions import reset_factors
from services.directory.usecases.approval_policy import set_approval_policy
from services.directory.usecases.context import Directory
from services.directory.usecases.create_account import create_account
from services.directory.usecases.create_client import create_client
from services.directory.usecases.delete_domain import delete_domain
from services.directory.usecases.depart_account import depart_account
from services.directory.usecases.granting import Wish
from services.directory.usecases.merge_units import dissolve_unit, merge_units
from services.directory.usecases.move_unit import move_unit
from services.directory.usecases.one_time_codes import issue_code
from services.directory.usecases.reorganising import Readdressing
from services.directory.usecases.request_personal_data import request_personal_data
from services.directory.usecases.set_password import set_password
from services.directory.usecases.update_account import update_account
from services.directory.usecases.update_client import update_client

Arguments = Mapping[str, Any]
Result = dict[str, str]
_NEVER = datetime.fromtimestamp(0, UTC)


async def _move_unit(directory: Directory, given: Arguments) -> Result:
    addressing = Readdressing(given["domain"], given["days"])
    await move_unit(directory, given["unit_id"], given["parent_id"], given["kind"], addressing)
    return {}


async def _merge_units(directory: Directory, given: Arguments) -> Result:
    addressing = Readdressing(given["domain"], given["days"])
    hands_roles = given["hands_roles"]
    await merge_units(directory, given["unit_id"], given["into_id"], addressing, hands_roles=hands_roles)
    return {}


async def _dissolve_unit(directory: Directory, given: Arguments) -> Result:
    addressing = Readdressing(given["domain"], given["days"])
    hands_roles = given["hands_roles"]
    await dissolve_unit(directory, given["unit_id"], given["into_id"], addressing, hands_roles=hands_roles)
    return {}


async def _delete_domain(directory: Directory, given: Arguments) -> Result:
    await delete_domain(directory, given["name"], given["version"])
    return {}


async def _create_account(directory: Directory, given: Arguments) -> Result:
    roles = [Wish(*each) for each in given["roles"]]
    made = await create_account(
        directory,
        _account(given["account"]),
        given["unit_id"],
        roles,
        given["password"],
        password_hash=given["password_hash"],
    )
    return {"account_id": made.id}


async def _update_account(directory: Directory, given: Arguments) -> Result:
    roles = [Wish(*each) for each in given["roles"]]
    await update_account(directory, _account(given["account"]), given["unit_id"], roles, given["fields"])
    return {}


async def _set_password(directory: Directory, given: Arguments) -> Result:
    await set_password(directory, given["account_id"], "", given["password"], "")
    return {}


async def _issue_code(directory: Directory, given: Arguments) -> Result:
    code, until = await issue_code(directory, given["account_id"], given["purpose"])
    return {"code": code, "expires_at": until.isoformat(timespec="seconds")}


async def _reset_factors(directory: Directory, given: Arguments) -> Result:
    await reset_factors(directory, given["account_id"])
    return {}


async def _depart_account(directory: Directory, given: Arguments) -> Result:
    await depart_account(directory, given["account_id"], given["successor_id"])
    return {}


async def _request_personal_data(directory: Directory, given: Arguments) -> Result:
    request = await request_personal_data(directory, given["account_id"], given["kind"], given["reason"])
    return {"request_id": request.id}


async def _create_client(directory: Directory, given: Arguments) -> Result:
    client, secret = await create_client(directory, _client(given["client"]))
    return {"client_id": client.id, **({"client_secret": secret} if secret else {})}


async def _update_client(directory: Directory, given: Arguments) -> Result:
    await update_client(directory, _client(given["client"]), given["fields"])
    return {}


async def _set_approval_policy(directory: Directory, given: Arguments) -> Result:
    await set_approval_policy(directory, given["unit_id"], given["acts"])
    return {}


OPERATIONS: dict[str, Callable[[Directory, Arguments], Awaitable[Result]]] = {
    "move_unit": _move_unit,
    "merge_units": _merge_units,
    "dissolve_unit": _dissolve_unit,
    "delete_domain": _delete_domain,
    "create_account": _create_account,
    "update_account": _update_account,
    "set_password": _set_password,
    "issue_code": _issue_code,
    "reset_factors": _reset_factors,
    "depart_account": _depart_account,
    "request_personal_data": _request_personal_data,
    "create_client": _create_client,
    "update_client": _update_client,
    "set_approval_policy": _set_approval_policy,
}


def _account(given: Arguments) -> Account:
    """What `sensitive.account_kept` kept."""
    plain = {**given, "aliases": tuple(given["aliases"]), "profile": Profile(**given["profile"])}
    return Account(created_at=_NEVER, **plain)


def _client(given: Arguments) -> Client:
    """What `sensitive.client_kept` kept."""
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    return Client(created_at=_NEVER, **plain)
