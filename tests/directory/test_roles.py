"""Roles on units, inherited downwards: what the help desk and auditors may, and who may appoint them."""

import pytest
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import functions_pb2 as f
from workspace.directory.v1 import groups_pb2 as g

from chassis.errors import Forbidden, NotFound
from tests.directory.conftest import PASSWORD, Land, Person, Stack

NEW = "an entirely new one"


async def appointed(stack: Stack, by: Person, address: str, unit: str, role: int, over: str) -> Person:
    grant = pb.RoleGrant(role=role, unit_id=over)
    account = pb.Account(address=address, display_name=address, unit_id=unit, roles=[grant])
    request = pb.CreateAccountRequest(account=account, password=PASSWORD)
    made = await stack.cli.accounts.CreateAccount(request, **by.said)
    return Person(made, await stack.log_in(address))


async def reset(stack: Stack, by: Person, account: pb.Account) -> None:
    await stack.cli.accounts.SetPassword(pb.SetPasswordRequest(id=account.id, new_password=NEW), **by.said)


async def test_the_help_desk_resets_passwords_where_it_helps_and_below(stack: Stack, land: Land) -> None:
    desk = await appointed(
        stack, land.economy_administrator, "aide@economie.gouv.tg", land.economy.id, pb.ROLE_HELP_DESK, land.economy.id
    )
    await reset(stack, desk, land.economy_agent.account)
    assert (await stack.log_in(land.economy_agent.account.address, NEW)).access_token
    with pytest.raises(NotFound):
        await reset(stack, desk, land.health_agent.account)


async def test_the_help_desk_becomes_nobody_that_may_more(stack: Stack, land: Land, administrator: Person) -> None:
    by, unit = land.economy_administrator, land.economy.id
    desk = await appointed(stack, by, "aide@economie.gouv.tg", unit, pb.ROLE_HELP_DESK, land.treasury.id)
    wide = await appointed(stack, by, "aide2@economie.gouv.tg", land.treasury.id, pb.ROLE_HELP_DESK, unit)
    auditor = await appointed(stack, by, "audit@economie.gouv.tg", land.treasury.id, pb.ROLE_AUDITOR, land.treasury.id)
    deputy = await stack.person(by, "adjoint@economie.gouv.tg", land.treasury.id, administers=land.treasury.id)
    for higher in (wide, auditor, deputy):
        with pytest.raises(Forbidden):
            await reset(stack, desk, higher.account)
    with pytest.raises(NotFound):
        await reset(stack, desk, by.account)
    await reset(stack, wide, land.economy_agent.account)
    with pytest.raises(Forbidden):
        await reset(stack, wide, by.account)


@pytest.mark.parametrize("role", [pb.ROLE_HELP_DESK, pb.ROLE_AUDITOR])
async def test_the_other_roles_do_nothing_else(stack: Stack, land: Land, role: int) -> None:
    unit, agent = land.economy.id, land.economy_agent.account
    by = await appointed(stack, land.economy_administrator, "role@economie.gouv.tg", unit, role, unit)
    group = g.Group(name="Groupe", unit_id=unit)
    function = f.Function(address="f@economie.gouv.tg", title="F", unit_id=unit)
    for call in (
        stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.id), **by.said),
        stack.update(by, pb.Account(id=agent.id, display_name="Autre"), "display_name"),
        stack.update(by, pb.Account(id=by.account.id, roles=[]), "roles"),
        stack.person(by, "x@economie.gouv.tg", unit),
        stack.unit(by, "Bureau", pb.UNIT_KIND_OFFICE, unit),
        stack.cli.groups.CreateGroup(g.CreateGroupRequest(group=group), **by.said),
        stack.cli.functions.CreateFunction(f.CreateFunctionRequest(function=function), **by.said),
    ):
        with pytest.raises(Forbidden):
            await call
    if role == pb.ROLE_AUDITOR:
        with pytest.raises((Forbidden, NotFound)):
            await reset(stack, by, agent)


@pytest.mark.parametrize("role", [pb.ROLE_ADMINISTRATOR, pb.ROLE_HELP_DESK, pb.ROLE_AUDITOR])
async def test_an_administrator_appoints_within_its_units_only(stack: Stack, land: Land, role: int) -> None:
    by = land.economy_administrator
    for over in ("", land.health.id):
        with pytest.raises((Forbidden, NotFound)):
            await appointed(stack, by, "x@economie.gouv.tg", land.economy.id, role, over)
    made = await appointed(stack, by, "x@economie.gouv.tg", land.economy.id, role, land.treasury.id)
    assert [grant.role for grant in made.account.roles] == [role]
    deputy = await stack.person(by, "adjoint@economie.gouv.tg", land.treasury.id, administers=land.treasury.id)
    with pytest.raises(Forbidden):
        await appointed(stack, deputy, "y@economie.gouv.tg", land.treasury.id, role, land.economy.id)
    await appointed(stack, deputy, "y@economie.gouv.tg", land.treasury.id, role, land.treasury.id)
