"""A ministry's administrator sees and touches nothing outside it, by any rpc; nobody grants more than it holds."""

from collections.abc import Awaitable

import pytest
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed, Unauthenticated
from tests.directory.conftest import PASSWORD, Land, Person, Stack

NEW = "an entirely new one"


async def refused(*calls: Awaitable[object]) -> None:
    for call in calls:
        with pytest.raises((Forbidden, NotFound)):
            await call


async def addresses(stack: Stack, by: Person, unit: str = "") -> list[str]:
    answer = await stack.cli.accounts.ListAccounts(pb.ListAccountsRequest(unit_id=unit), **by.said)
    return [account.address for account in answer.accounts]


async def test_accounts_of_another_ministry_do_not_exist_for_an_administrator(stack: Stack, land: Land) -> None:
    by, other = land.economy_administrator, land.health_agent.account
    accounts = stack.cli.accounts
    renamed = pb.Account(id=other.id, display_name="Autre")
    for call in (
        accounts.GetAccount(pb.GetAccountRequest(id=other.id), **by.said),
        accounts.SuspendAccount(pb.SuspendAccountRequest(id=other.id), **by.said),
        accounts.RestoreAccount(pb.RestoreAccountRequest(id=other.id), **by.said),
        accounts.SetPassword(pb.SetPasswordRequest(id=other.id, new_password=NEW), **by.said),
        stack.update(by, renamed, "display_name"),
        accounts.ListAccounts(pb.ListAccountsRequest(unit_id=land.health.id), **by.said),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await stack.log_in(other.address)).access_token


async def test_an_administrator_lists_its_ministry_and_all_below_it(stack: Stack, land: Land) -> None:
    own = ["admin@economie.gouv.tg", "agent@economie.gouv.tg"]
    assert await addresses(stack, land.economy_administrator) == own
    assert await addresses(stack, land.economy_administrator, land.treasury.id) == own[1:]
    assert await addresses(stack, land.health_administrator) == ["admin@sante.gouv.tg", "agent@sante.gouv.tg"]


async def test_an_administrator_works_within_its_ministry(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    office = await stack.unit(by, "Bureau du courrier", pb.UNIT_KIND_OFFICE, land.treasury.id)
    agent = await stack.person(by, "nouveau@economie.gouv.tg", office.id)
    agent.account.unit_id = land.economy.id
    moved = await stack.update(by, agent.account, "unit_id")
    assert moved.unit_id == land.economy.id
    await stack.cli.accounts.SetPassword(pb.SetPasswordRequest(id=agent.account.id, new_password=NEW), **by.said)
    assert (await stack.log_in(agent.account.address, NEW)).access_token
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.account.id), **by.said)


async def test_accounts_are_opened_and_moved_within_the_ministry_only(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    await refused(
        stack.person(by, "espion@sante.gouv.tg", land.health.id),
        stack.person(by, "partout@gouv.tg"),
    )
    agent = pb.Account(id=land.economy_agent.account.id, unit_id=land.health.id)
    await refused(stack.update(by, agent, "unit_id"))
    agent.unit_id = ""
    await refused(stack.update(by, agent, "unit_id"))


async def test_units_of_another_ministry_do_not_exist_for_an_administrator(stack: Stack, land: Land) -> None:
    by, units = land.economy_administrator, stack.cli.units
    for call in (
        units.GetUnit(pb.GetUnitRequest(id=land.health.id), **by.said),
        units.ListUnits(pb.ListUnitsRequest(parent_id=land.health.id), **by.said),
        stack.unit(by, "Annexe", pb.UNIT_KIND_OFFICE, land.health.id),
        units.UpdateUnit(renaming(land.health.id, "Autre"), **by.said),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(Forbidden):
        await stack.unit(by, "Nouveau ministère", pb.UNIT_KIND_MINISTRY)
    ministries = await units.ListUnits(pb.ListUnitsRequest(), **by.said)
    assert [unit.id for unit in ministries.units] == [land.economy.id]


def renaming(unit_id: str, name: str) -> pb.UpdateUnitRequest:
    request = pb.UpdateUnitRequest(unit=pb.Unit(id=unit_id, name=name))
    request.update_mask.paths.append("name")
    return request


async def test_an_agent_sees_its_ministry_and_changes_nothing(stack: Stack, land: Land) -> None:
    by = land.economy_agent
    listed = await stack.cli.units.ListUnits(pb.ListUnitsRequest(parent_id=land.economy.id), **by.said)
    assert [unit.id for unit in listed.units] == [land.treasury.id]
    own = await stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=by.account.id), **by.said)
    assert own.address == by.account.address
    other = land.economy_administrator.account
    await refused(
        stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=other.id), **by.said),
        stack.cli.accounts.ListAccounts(pb.ListAccountsRequest(), **by.said),
        stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=other.id), **by.said),
        stack.cli.accounts.SetPassword(pb.SetPasswordRequest(id=other.id, new_password=NEW), **by.said),
        stack.update(by, pb.Account(id=by.account.id, display_name="Ministre"), "display_name"),
        stack.person(by, "x@economie.gouv.tg", land.treasury.id),
        stack.unit(by, "Bureau", pb.UNIT_KIND_OFFICE, land.treasury.id),
        stack.cli.units.UpdateUnit(renaming(land.treasury.id, "Autre"), **by.said),
    )


async def test_nobody_grants_a_role_beyond_its_own(stack: Stack, land: Land, administrator: Person) -> None:
    by = land.economy_administrator
    for unit in ("", land.health.id):
        await refused(stack.person(by, "x@economie.gouv.tg", land.treasury.id, administers=unit))
        grants = [pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=unit)]
        wanted = pb.Account(id=by.account.id, roles=grants)
        await refused(stack.update(by, wanted, "roles"))
    deputy = await stack.person(by, "adjoint@economie.gouv.tg", land.economy.id, administers=land.treasury.id)
    assert await addresses(stack, deputy) == ["agent@economie.gouv.tg"]
    await refused(stack.update(deputy, pb.Account(id=by.account.id), "roles"))


async def test_an_administrator_cannot_become_a_higher_one_that_sits_in_its_unit(
    stack: Stack, land: Land, administrator: Person
) -> None:
    higher = await stack.person(administrator, "national@economie.gouv.tg", land.economy.id, administers="")
    by, accounts = land.economy_administrator, stack.cli.accounts
    for call in (
        accounts.SetPassword(pb.SetPasswordRequest(id=higher.account.id, new_password=NEW), **by.said),
        accounts.SuspendAccount(pb.SuspendAccountRequest(id=higher.account.id), **by.said),
        stack.update(by, pb.Account(id=higher.account.id), "roles"),
        stack.update(by, pb.Account(id=higher.account.id, aliases=["x@gouv.tg"]), "aliases"),
    ):
        with pytest.raises(Forbidden):
            await call
    assert (await stack.log_in(higher.account.address)).access_token


async def test_a_role_that_was_taken_away_counts_no_more_whatever_the_token_says(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by = land.economy_administrator
    await stack.update(administrator, pb.Account(id=by.account.id), "roles")
    await refused(
        stack.person(by, "x@economie.gouv.tg", land.treasury.id),
        stack.cli.accounts.GetAccount(pb.GetAccountRequest(id=land.economy_agent.account.id), **by.said),
    )
    assert await addresses(stack, by) == []


async def test_the_national_administrator_does_everything_everywhere(
    stack: Stack, land: Land, administrator: Person
) -> None:
    assert len(await addresses(stack, administrator)) == 5
    ministries = await stack.cli.units.ListUnits(pb.ListUnitsRequest(), **administrator.said)
    assert [unit.name for unit in ministries.units] == ["Économie", "Santé"]
    agent = land.health_agent.account
    agent.unit_id = land.treasury.id
    assert (await stack.update(administrator, agent, "unit_id")).unit_id == land.treasury.id


async def test_without_a_token_nobody_is_let_in(stack: Stack, land: Land) -> None:
    for call in (
        stack.cli.accounts.ListAccounts(pb.ListAccountsRequest()),
        stack.cli.accounts.GetOwnAccount(pb.GetOwnAccountRequest()),
        stack.cli.units.ListUnits(pb.ListUnitsRequest()),
    ):
        with pytest.raises(Unauthenticated):
            await call
    with pytest.raises(Forbidden):
        await stack.cli.accounts.ResolveAddress(pb.ResolveAddressRequest(address="admin@gouv.tg"))


async def test_units_keep_their_order_and_their_names_apart(stack: Stack, land: Land, administrator: Person) -> None:
    for name in ("économie", "ECONOMIE", " Economie "):
        with pytest.raises(AlreadyExists):
            await stack.unit(administrator, name, pb.UNIT_KIND_MINISTRY)
    for kind, parent in (
        (pb.UNIT_KIND_MINISTRY, land.economy.id),
        (pb.UNIT_KIND_DIRECTORATE, ""),
        (pb.UNIT_KIND_UNSPECIFIED, land.economy.id),
    ):
        with pytest.raises(InvalidInput):
            await stack.unit(administrator, "Nouveau", kind, parent)
    office = await stack.unit(administrator, "Bureau", pb.UNIT_KIND_OFFICE, land.treasury.id)
    assert list(office.path) == [land.economy.id, land.treasury.id, office.id]
    with pytest.raises(InvalidInput):
        await stack.unit(administrator, "Sous-bureau", pb.UNIT_KIND_DIRECTORATE, office.id)


async def test_renaming_a_unit_says_so_in_the_same_write(stack: Stack, land: Land, administrator: Person) -> None:
    renamed = await stack.cli.units.UpdateUnit(renaming(land.treasury.id, "Trésor public"), **administrator.said)
    await stack.cli.units.UpdateUnit(renaming(land.treasury.id, "Trésor public"), **administrator.said)
    assert (renamed.name, renamed.version) == ("Trésor public", 2)
    facts = await stack.facts("units", land.treasury.id)
    assert [(fact["type"], fact["version"]) for fact in facts] == [("unit_created", 1), ("unit_changed", 2)]


async def test_a_first_login_of_an_account_without_password_is_not_possible(stack: Stack, land: Land) -> None:
    account = pb.Account(address="vide@economie.gouv.tg", display_name="Vide", unit_id=land.economy.id)
    request = pb.CreateAccountRequest(account=account)
    made = await stack.cli.accounts.CreateAccount(request, **land.economy_administrator.said)
    for password in ("", PASSWORD):
        with pytest.raises(Unauthenticated):
            await stack.log_in(made.address, password)


async def test_the_own_account_cannot_be_suspended_by_its_administrator_role(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    with pytest.raises(PreconditionFailed):
        await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=by.account.id), **by.said)


async def test_nobody_takes_an_address_in_the_mail_domain_of_another_ministry(
    stack: Stack, land: Land, administrator: Person
) -> None:
    await stack.owning(administrator, land.health.id, "hôpital.tg")
    by = land.economy_administrator
    await refused(
        stack.person(by, "ministre@sante.gouv.tg", land.treasury.id),
        stack.person(by, "directeur@hôpital.tg", land.treasury.id),
        stack.update(by, pb.Account(id=by.account.id, aliases=["ministre@sante.gouv.tg"]), "aliases"),
    )
    assert (await stack.person(land.health_administrator, "ministre@sante.gouv.tg", land.health.id)).account.id
    assert (await stack.person(by, "nouveau@economie.gouv.tg", land.treasury.id)).account.id
