"""Mail domains: each one unit's, with administrators of its own, closing before it is gone."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import credentials_pb2
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import domains_pb2 as d
from workspace.directory.v1 import functions_pb2 as f
from workspace.directory.v1 import organisation_pb2 as o

from chassis.documents import scans
from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed
from services.directory.domain.mail_domains import proper_name
from services.directory.usecases.present_state import domains_page
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_import import brought
from tests.directory.test_second_factors import challenge, code_at, confirm, enrol

NAME = "finances.gouv.tg"


async def changed(stack: Stack, by: Person, name: str, *fields: str, version: int = 0, **given: Any) -> d.MailDomain:
    domain = d.MailDomain(name=name, **given)
    request = d.UpdateDomainRequest(domain=domain, update_mask=FieldMask(paths=fields), version=version)
    return await stack.cli.domains.UpdateDomain(request, **by.said)


async def ended(stack: Stack, by: Person, name: str = NAME) -> None:
    await stack.cli.domains.DeleteDomain(d.DeleteDomainRequest(name=name), **by.said)


async def opened(stack: Stack, by: Person, account: pb.Account, address: str, name: str = NAME) -> d.DomainAddresses:
    request = d.OpenAddressRequest(name=name, account_id=account.id, address=address)
    return await stack.cli.domains.OpenAddress(request, **by.said)


async def closed(stack: Stack, by: Person, account: pb.Account, address: str, days: int = 0) -> d.DomainAddresses:
    request = d.CloseAddressRequest(name=NAME, account_id=account.id, address=address, forward_days=days)
    return await stack.cli.domains.CloseAddress(request, **by.said)


async def facts(stack: Stack, name: str = NAME) -> list[tuple[str, str, int]]:
    told = await stack.facts("domains", name)
    return [(each["data"]["state"], each["data"]["unit_id"], each["version"]) for each in told]


async def test_a_domain_is_given_shown_changed_and_ended_each_told_of_in_the_same_write(
    stack: Stack, land: Land, administrator: Person
) -> None:
    made = await stack.owning(administrator, land.economy.id, "Finances.Gouv.TG")
    assert (made.name, made.unit_id, made.state, made.version) == (NAME, land.economy.id, d.DOMAIN_STATE_ACTIVE, 1)
    shown = await stack.cli.domains.GetDomain(d.GetDomainRequest(name=NAME), **land.economy_agent.said)
    assert shown == made
    unit = await stack.cli.units.GetUnit(pb.GetUnitRequest(id=land.economy.id), **administrator.said)
    assert list(unit.domains) == ["economie.gouv.tg", NAME]
    moved = await changed(stack, administrator, NAME, "unit_id", unit_id=land.health.id, version=1)
    assert (moved.unit_id, moved.version) == (land.health.id, 2)
    await ended(stack, administrator)
    with pytest.raises(NotFound):
        await stack.cli.domains.GetDomain(d.GetDomainRequest(name=NAME), **administrator.said)
    again = await stack.owning(administrator, land.economy.id, NAME)
    assert again.version == 4
    economy, health = land.economy.id, land.health.id
    expected = [("active", economy, 1), ("active", health, 2), ("gone", health, 3), ("active", economy, 4)]
    assert await facts(stack) == expected
    told, following = await domains_page(stack.directory, "", 10)
    assert [json.loads(fact["body"])["version"] for fact in told] == ["1", "4", "1"]
    assert following == ""


async def test_only_the_national_administrator_gives_moves_and_ends_and_each_is_one_units(
    stack: Stack, land: Land, administrator: Person
) -> None:
    await stack.owning(administrator, land.economy.id, NAME)
    with pytest.raises(AlreadyExists):
        await stack.owning(administrator, land.health.id, NAME)
    by = land.economy_administrator
    for call in (
        stack.owning(by, land.economy.id, "economie.gouv.tg"),
        changed(stack, by, NAME, "unit_id", unit_id=land.treasury.id),
        ended(stack, by),
        stack.owning(land.economy_agent, land.economy.id, "economie.gouv.tg"),
    ):
        with pytest.raises(Forbidden):
            await call
    for call in (
        stack.owning(administrator, "nowhere", "economie.gouv.tg"),
        changed(stack, administrator, "nothing.tg", "state", state=d.DOMAIN_STATE_CLOSING),
    ):
        with pytest.raises(NotFound):
            await call


async def test_of_many_who_give_a_domain_at_once_one_does(stack: Stack, land: Land, administrator: Person) -> None:
    units = [land.economy.id, land.health.id, land.treasury.id] * 2
    calls = [stack.owning(administrator, unit, NAME) for unit in units]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(answer, d.MailDomain) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyExists) for answer in answers) == 5


async def test_names_that_are_nobodys_own_are_refused(stack: Stack, land: Land, administrator: Person) -> None:
    for wrong in ("", "no domain", "tg", "com.tg", "CO.UK", "a..tg", "-a.tg", "a@b.tg", "1.2.3.4", "x" * 300):
        with pytest.raises(InvalidInput) as refusal:
            await stack.owning(administrator, land.economy.id, wrong)
        assert "name" in refusal.value.fields
    assert (await stack.owning(administrator, land.health.id, "hôpital.tg")).name == "xn--hpital-ixa.tg"


@given(st.text(max_size=300))
def test_whatever_is_given_as_a_name_is_one_spelling_or_refused(text: str) -> None:
    try:
        name = proper_name(text)
    except InvalidInput:
        return
    assert proper_name(name) == name
    assert name.isascii()
    assert name == name.lower()
    assert "." in name


async def test_a_closing_domain_takes_no_new_address_and_still_receives(
    stack: Stack, land: Land, administrator: Person
) -> None:
    await stack.owning(administrator, land.economy.id, NAME)
    by, agent = land.economy_administrator, land.economy_agent.account
    await stack.update(by, pb.Account(id=agent.id, aliases=[f"agent@{NAME}"]), "aliases")
    closing = await changed(stack, by, NAME, "state", state=d.DOMAIN_STATE_CLOSING)
    assert closing.state == d.DOMAIN_STATE_CLOSING
    function = f.Function(address=f"chef@{NAME}", title="Chef", unit_id=land.economy.id)
    for call in (
        stack.person(by, f"nouveau@{NAME}", land.treasury.id),
        stack.person(administrator, f"nouveau@{NAME}", land.treasury.id),
        stack.update(by, pb.Account(id=agent.id, aliases=[f"agent@{NAME}", f"autre@{NAME}"]), "aliases"),
        stack.cli.functions.CreateFunction(f.CreateFunctionRequest(function=function), **by.said),
        stack.cli.organisation.ChangeAddress(
            o.ChangeAddressRequest(id=agent.id, address=f"neuf@{NAME}"), **administrator.said
        ),
        opened(stack, by, agent, f"autre@{NAME}"),
    ):
        with pytest.raises(PreconditionFailed):
            await call
    answer = await stack.mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address=f"agent@{NAME}"))
    assert answer.account_id == agent.id
    await changed(stack, by, NAME, "state", state=d.DOMAIN_STATE_ACTIVE)
    assert f"autre@{NAME}" in (await opened(stack, by, agent, f"autre@{NAME}")).aliases


async def test_a_domain_in_use_does_not_end_and_says_by_how_many(
    stack: Stack, land: Land, administrator: Person
) -> None:
    await stack.owning(administrator, land.economy.id, NAME)
    by, agent = land.economy_administrator, land.economy_agent.account
    function = f.Function(address=f"chef@{NAME}", title="Chef", unit_id=land.economy.id)
    made = await stack.cli.functions.CreateFunction(f.CreateFunctionRequest(function=function), **by.said)
    await opened(stack, by, agent, f"agent@{NAME}")
    await stack.person(by, f"autre@{NAME}", land.treasury.id)
    with pytest.raises(PreconditionFailed) as refusal:
        await ended(stack, administrator)
    assert refusal.value.fields == {"accounts": "2", "functions": "1"}
    await stack.cli.functions.DeleteFunction(f.DeleteFunctionRequest(id=made.id), **by.said)
    # One that forwards is used still.
    await closed(stack, by, agent, f"agent@{NAME}")
    with pytest.raises(PreconditionFailed) as refusal:
        await ended(stack, administrator)
    assert refusal.value.fields == {"accounts": "2"}
    assert [shape for shape in await scans(stack.database, stack.recorder) if "domain" in shape] == []


async def test_who_administers_a_domain_gives_its_addresses_and_functions_and_nothing_else(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    colleague = await stack.person(by, "collegue@economie.gouv.tg", land.treasury.id)
    await stack.owning(administrator, land.economy.id, NAME)
    functions = stack.cli.functions
    function = f.Function(address=f"chef@{NAME}", title="Chef", unit_id=land.treasury.id)
    founding = f.CreateFunctionRequest(function=function)
    for call in (
        opened(stack, agent, colleague.account, f"collegue@{NAME}"),
        functions.CreateFunction(founding, **agent.said),
    ):
        with pytest.raises(Forbidden):
            await call
    named = await changed(stack, by, NAME, "administrator_ids", administrator_ids=[agent.account.id])
    assert [each.address for each in named.administrators] == [agent.account.address]
    assert list((await opened(stack, agent, colleague.account, f"Collegue@{NAME}")).aliases) == [f"collegue@{NAME}"]
    took = await closed(stack, agent, colleague.account, f"collegue@{NAME}", days=30)
    assert [each.address for each in took.retired_addresses] == [f"collegue@{NAME}"]
    held = await functions.CreateFunction(founding, **agent.said)
    assigned = f.AssignFunctionRequest(id=held.id, holder_ids=[colleague.account.id])
    assert list((await functions.AssignFunction(assigned, **agent.said)).holder_ids) == [colleague.account.id]
    await functions.DeleteFunction(f.DeleteFunctionRequest(id=held.id), **agent.said)
    elsewhere = f.Function(address="chef@economie.gouv.tg", title="Chef", unit_id=land.treasury.id)
    for call in (
        functions.CreateFunction(f.CreateFunctionRequest(function=elsewhere), **agent.said),
        # Not of who holds a role beyond.
        opened(stack, agent, by.account, f"admin@{NAME}"),
        stack.update(agent, pb.Account(id=colleague.account.id, display_name="x"), "display_name"),
        changed(stack, agent, NAME, "state", state=d.DOMAIN_STATE_CLOSING),
        stack.cli.organisation.ChangeAddress(
            o.ChangeAddressRequest(id=colleague.account.id, address=f"neuf@{NAME}"), **agent.said
        ),
    ):
        with pytest.raises(Forbidden):
            await call
    for call in (
        opened(stack, agent, land.health_agent.account, f"x@{NAME}"),
        functions.CreateFunction(
            f.CreateFunctionRequest(
                function=f.Function(address=f"x@{NAME}", title="X", unit_id=land.health.id, holder_ids=[])
            ),
            **agent.said,
        ),
    ):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(InvalidInput):
        await opened(stack, agent, colleague.account, "collegue@autre.gouv.tg")


async def test_who_administers_a_domain_changes_the_addresses_that_people_are_known_by_within_it(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent, by = land.economy_agent, land.economy_administrator
    await stack.owning(administrator, land.economy.id, NAME, agent.account.id)
    colleague = await stack.person(by, f"avant@{NAME}", land.treasury.id)
    renaming = o.ChangeAddressRequest(id=colleague.account.id, address=f"apres@{NAME}")
    renamed = await stack.cli.organisation.ChangeAddress(renaming, **agent.said)
    assert (renamed.address, [each.address for each in renamed.retired_addresses]) == (
        f"apres@{NAME}",
        [f"avant@{NAME}"],
    )


async def test_a_domain_is_not_administered_without_the_second_factor_that_administrators_want(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent, by = land.economy_agent, land.economy_administrator
    colleague = await stack.person(by, "collegue@economie.gouv.tg", land.treasury.id)
    await stack.owning(administrator, land.economy.id, NAME, agent.account.id)
    policy = replace(stack.directory.policy, second_factor_roles=frozenset({"administrator"}))
    object.__setattr__(stack.directory, "policy", policy)
    stack.directory.keys._policy = policy
    with pytest.raises(Forbidden):
        await opened(stack, agent, colleague.account, f"collegue@{NAME}")
    secret, _ = await enrol(stack, agent)
    strong = Person(
        agent.account,
        await confirm(stack, await challenge(stack, agent.account.address), code=code_at(secret, stack.clock())),
    )
    assert (await opened(stack, strong, colleague.account, f"collegue@{NAME}")).aliases


async def test_a_domain_administrator_who_goes_to_another_ministry_administers_no_more(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent, by = land.economy_agent, land.economy_administrator
    await stack.owning(administrator, land.economy.id, NAME, agent.account.id)
    await stack.update(administrator, pb.Account(id=agent.account.id, unit_id=land.health.id), "unit_id")
    with pytest.raises((Forbidden, NotFound)):
        await opened(stack, agent, by.account, f"x@{NAME}")


async def test_administrators_come_from_the_units_own(stack: Stack, land: Land, administrator: Person) -> None:
    await stack.owning(administrator, land.economy.id, NAME)
    stranger = land.health_agent.account.id
    with pytest.raises(NotFound):
        await changed(stack, land.economy_administrator, NAME, "administrator_ids", administrator_ids=[stranger])
    with pytest.raises(InvalidInput):
        await changed(stack, administrator, NAME, "administrator_ids", administrator_ids=[stranger])
    with pytest.raises(InvalidInput):
        await changed(
            stack, administrator, NAME, "administrator_ids", administrator_ids=[f"{n:026}" for n in range(21)]
        )
    with pytest.raises(PreconditionFailed):
        await changed(stack, administrator, NAME, "state", state=d.DOMAIN_STATE_CLOSING, version=9)


async def test_of_a_merged_unit_the_domain_is_the_others_and_that_is_told(
    stack: Stack, land: Land, administrator: Person
) -> None:
    await stack.owning(administrator, land.economy.id, NAME, land.economy_agent.account.id)
    with pytest.raises(PreconditionFailed):
        await stack.cli.organisation.DissolveUnit(o.DissolveUnitRequest(id=land.economy.id), **administrator.said)
    merging = o.MergeUnitsRequest(id=land.economy.id, into_id=land.health.id)
    await stack.cli.organisation.MergeUnits(merging, **administrator.said)
    assert await facts(stack) == [("active", land.economy.id, 1), ("active", land.health.id, 2)]
    agent = land.economy_agent
    assert (await opened(stack, agent, land.health_agent.account, f"sante@{NAME}")).aliases == [f"sante@{NAME}"]


async def test_domains_are_listed_by_who_may_see_their_unit(stack: Stack, land: Land, administrator: Person) -> None:
    for name, unit in (("a.tg", land.economy.id), ("b.tg", land.health.id), ("c.tg", land.treasury.id)):
        await stack.owning(administrator, unit, name)

    async def listed(by: Person, **asked: Any) -> list[str]:
        names, token = [], ""
        while True:
            request = d.ListDomainsRequest(page_size=1, page_token=token, **asked)
            answer = await stack.cli.domains.ListDomains(request, **by.said)
            names += [each.name for each in answer.domains]
            token = answer.next_page_token
            if not token:
                return names

    assert await listed(administrator) == ["a.tg", "b.tg", "c.tg", "economie.gouv.tg", "sante.gouv.tg"]
    assert await listed(land.economy_agent) == ["a.tg", "c.tg", "economie.gouv.tg"]
    assert await listed(administrator, unit_id=land.treasury.id) == ["c.tg"]
    for call in (
        listed(land.economy_administrator, unit_id=land.health.id),
        stack.cli.domains.GetDomain(d.GetDomainRequest(name="b.tg"), **land.economy_administrator.said),
    ):
        with pytest.raises(NotFound):
            await call


async def test_an_import_gives_no_address_in_a_closing_or_foreign_domain_and_says_so_by_line(
    stack: Stack, land: Land, administrator: Person
) -> None:
    await stack.owning(administrator, land.economy.id, NAME)
    await stack.owning(administrator, land.health.id, "sante.tg")
    await changed(stack, administrator, NAME, "state", state=d.DOMAIN_STATE_CLOSING)
    text = f"adresse;nom;unité\nun@{NAME};Un;Économie\ndeux@sante.tg;Deux;Économie\ntrois@autre.tg;Trois;Économie\n"
    rows = await brought(stack, land.economy_administrator, text)
    assert [row["outcome"] for row in rows] == ["refused"] * 3
    assert "takes no new address" in rows[0]["reason"]
    assert all("is not this unit's" in row["reason"] for row in rows[1:])


async def test_the_help_desk_does_not_become_a_domains_administrator(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    desk = await stack.person(by, "assistance@economie.gouv.tg", land.economy.id)
    roles = [pb.RoleGrant(role=pb.ROLE_HELP_DESK, unit_id=land.economy.id)]
    await stack.update(by, pb.Account(id=desk.account.id, roles=roles), "roles")
    desk = replace(desk, session=await stack.log_in(desk.account.address))
    issuing = credentials_pb2.IssueCodeRequest(
        account_id=agent.account.id, purpose=credentials_pb2.CODE_PURPOSE_RESET
    )  # fmt: skip
    assert (await stack.cli.credentials.IssueCode(issuing, **desk.said)).code
    await changed(stack, by, "economie.gouv.tg", "administrator_ids", administrator_ids=[agent.account.id])
    with pytest.raises(Forbidden):
        await stack.cli.credentials.IssueCode(issuing, **desk.said)
    assert (await stack.cli.credentials.IssueCode(issuing, **by.said)).code
