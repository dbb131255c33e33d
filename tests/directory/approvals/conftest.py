"""Two administrators, and the calls by which one asks and the other decides."""

from typing import Any

import pytest
from workspace.directory.v1 import approvals_pb2 as a
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import organisation_pb2 as o

from chassis.errors import (
    ApprovalRequired,
)
from services.directory.domain.approvals import ACTS
from tests.directory.conftest import Land, Person, Stack

NEW = "an entirely new passphrase"


@pytest.fixture
async def second(stack: Stack, administrator: Person) -> Person:
    return await stack.person(administrator, "second@gouv.tg", administers="")


async def asked(call: Any) -> str:
    """The id of the approval under which a call is kept."""
    with pytest.raises(ApprovalRequired) as kept:
        await call
    assert kept.value.http_status == 409
    return kept.value.fields["approval_id"]


async def approve(stack: Stack, by: Person, approval: str) -> a.Approval:
    return await stack.cli.approvals.Approve(a.ApproveRequest(id=approval), **by.said)


async def read(stack: Stack, by: Person, approval: str) -> a.Approval:
    return await stack.cli.approvals.GetApproval(a.GetApprovalRequest(id=approval), **by.said)


async def policy(stack: Stack, by: Person, second: Person, *acts: str, unit: str = "") -> None:
    wanted = a.SetApprovalPolicyRequest(unit_id=unit, acts=acts)
    done = await approve(stack, second, await asked(stack.cli.approvals.SetApprovalPolicy(wanted, **by.said)))
    assert done.state == a.APPROVAL_STATE_DONE


@pytest.fixture
async def two(stack: Stack, land: Land, administrator: Person, second: Person) -> Person:
    """Another administrator of the economy, where two have to agree upon everything."""
    await policy(stack, administrator, second, *ACTS, unit=land.economy.id)
    return await stack.person(second, "adjoint@economie.gouv.tg", land.economy.id)


@pytest.fixture
async def other(stack: Stack, land: Land, administrator: Person, second: Person, two: Person) -> Person:
    """`two` as administrator, by the agreement of two."""
    grant = pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=land.economy.id)
    account = pb.Account(id=two.account.id, roles=[grant])
    approval = await asked(stack.update(administrator, account, "roles"))
    assert (await approve(stack, second, approval)).state == a.APPROVAL_STATE_DONE
    return Person(two.account, await stack.log_in(two.account.address))


def dissolving(stack: Stack, by: Person, unit: str) -> Any:
    return stack.cli.organisation.DissolveUnit(o.DissolveUnitRequest(id=unit), **by.said)


async def annex(stack: Stack, by: Person, land: Land, name: str = "Annexe") -> str:
    return str((await stack.unit(by, name, pb.UNIT_KIND_OFFICE, land.economy.id)).id)


async def exists(stack: Stack, unit: str) -> bool:
    return await stack.directory.units.find(unit) is not None
