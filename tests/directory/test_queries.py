"""Every question that directory asks its database is answered from an index."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import addressbook_pb2 as book_pb
from workspace.directory.v1 import credentials_pb2 as cred
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import functions_pb2 as f
from workspace.directory.v1 import groups_pb2 as g
from workspace.directory.v1 import organisation_pb2 as o
from workspace.directory.v1 import recovery_pb2 as rec

from chassis.documents import scans
from chassis.errors import Unauthenticated
from services.directory.domain.card_filter import CardFilter, PropertyFilter
from services.directory.domain.contacts import Precondition
from services.directory.store.windows import windows
from services.directory.usecases.contacts import list_contacts
from services.directory.usecases.delete_address_book import erase_contacts
from services.directory.usecases.follow_moves import follow_moves, retire_addresses
from services.directory.usecases.forget_card_deletions import forget_card_deletions
from services.directory.usecases.list_address_books import list_address_books
from services.directory.usecases.list_card_changes import list_card_changes
from services.directory.usecases.move_card import move_card
from services.directory.usecases.present_state import accounts_page, groups_page, units_page
from services.directory.usecases.private_addresses import sealed_address
from services.directory.usecases.put_card import put_card
from services.directory.usecases.read_cards import read_cards
from services.directory.usecases.start_reset import answer_resets
from services.directory.usecases.update_address_book import update_address_book
from tests.directory.cards import card
from tests.directory.conftest import PASSWORD, Land, Person, Stack
from tests.directory.test_app_passwords import made, verify
from tests.directory.test_letters import bare, download, prepared
from tests.directory.test_one_time_codes import NEW, issue, reset
from tests.directory.test_passkeys import begin, registered
from tests.directory.test_second_factors import challenge, code_at, confirm, enrol


async def everything(stack: Stack, land: Land, administrator: Person) -> None:
    cli, gateway, mail = stack.cli, stack.gateway, stack.mail
    agent = land.economy_agent
    for by in (administrator, land.economy_administrator):
        for unit in ("", land.economy.id):
            request = pb.ListAccountsRequest(unit_id=unit, page_size=1)
            request.page_token = (await cli.accounts.ListAccounts(request, **by.said)).next_page_token
            await cli.accounts.ListAccounts(request, **by.said)
        await cli.units.ListUnits(pb.ListUnitsRequest(), **by.said)
    with pytest.raises(Unauthenticated):
        await stack.log_in(agent.account.address, "wrong password", "10.0.0.1")
    await stack.log_in(agent.account.address, remote="10.0.0.1")
    await stack.verify(agent.account.address, remote="10.0.0.1")
    agent.account.aliases.append("alias@economie.gouv.tg")
    await stack.update(administrator, agent.account, "aliases", "roles", "unit_id", "display_name")
    await cli.units.UpdateUnit(renaming(land.treasury.id), **administrator.said)
    await mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address="alias@economie.gouv.tg"))
    await mail.accounts.AnnounceAccounts(pb.AnnounceAccountsRequest(queue="mail.provision"))
    assert len((await accounts_page(stack.directory, "", 10))[0]) == 7
    assert len((await units_page(stack.directory, "", 10))[0]) == 3
    await gateway.people.SearchPeople(book_pb.SearchPeopleRequest(query="agent"), **agent.said)
    assert len([account async for account in stack.directory.accounts.below(land.economy.id)]) == 2
    refresh = pb.RefreshSessionRequest(refresh_token=agent.session.refresh_token)
    await gateway.sessions.RefreshSession(refresh)
    await gateway.sessions.DeleteSession(pb.DeleteSessionRequest(), **agent.said)
    new = pb.SetPasswordRequest(current_password=PASSWORD, new_password="an entirely new one")
    await gateway.accounts.SetPassword(new, **land.health_agent.said)
    suspend = pb.SuspendAccountRequest(id=agent.account.id)
    await cli.accounts.SuspendAccount(suspend, **administrator.said)
    await mail.sessions.ListRevocations(pb.ListRevocationsRequest())
    await all_of_contacts(stack, land)
    stack.clock.pass_by(days=90)
    for _ in range(2):
        await stack.directory.keys.turn(stack.clock())
        stack.clock.pass_by(hours=2)


async def all_of_contacts(stack: Stack, land: Land) -> None:
    directory, agent = stack.directory, land.economy_agent.account.id
    [book] = await list_address_books(directory, agent)
    for name in ("a.vcf", "b.vcf", "c.vcf"):
        await put_card(directory, agent, book.id, name, card(f"Agent {name}"))
    await list_contacts(directory, agent, book.id, "agent", 1, "")
    await list_contacts(
        directory, agent, book.id, "", 1, (await list_contacts(directory, agent, book.id, "", 1, ""))[1]
    )
    await list_card_changes(directory, agent, book.id, book.sync_token, 1)
    wanted = CardFilter((PropertyFilter("FN"),))
    assert len([found async for found in read_cards(directory, agent, book.id, ["a.vcf"], wanted, 1)]) == 1
    source, target = (book.id, "a.vcf"), (book.id, "d.vcf")
    await move_card(directory, agent, source, target, overwrite=True, copy=False, precondition=Precondition())
    await update_address_book(directory, agent, book.id, {"name": "Autre"})
    stack.clock.pass_by(days=200)
    assert await forget_card_deletions(directory) == 1
    await erase_contacts(directory, agent)


def renaming(unit_id: str) -> pb.UpdateUnitRequest:
    request = pb.UpdateUnitRequest(unit=pb.Unit(id=unit_id, name="Autre"))
    request.update_mask.paths.append("name")
    return request


async def groups_too(stack: Stack, land: Land, administrator: Person) -> None:
    groups, agent = stack.cli.groups, land.economy_agent.account.id
    rule = g.GroupRule(unit_id=land.economy.id)
    for group, accounts in (
        (g.Group(name="Un", rule=rule), []),
        (g.Group(name="Deux", unit_id=land.health.id), [agent]),
    ):
        request = g.CreateGroupRequest(group=group, account_ids=accounts)
        made = await groups.CreateGroup(request, **administrator.said)
        for by in (administrator, land.health_administrator):
            await groups.ListGroups(g.ListGroupsRequest(page_size=1), **by.said)
            for everybody in (False, True):
                await groups.ListMembers(g.ListMembersRequest(id=made.id, everybody=everybody), **by.said)
    await groups.ListGroups(g.ListGroupsRequest(account_id=agent), **administrator.said)
    await groups.DeleteGroup(g.DeleteGroupRequest(id=made.id), **administrator.said)
    await stack.directory.groups.purge()
    function = f.Function(address="f@gouv.tg", title="F", unit_id=land.health.id, holder_ids=[agent])
    request = f.CreateFunctionRequest(
        function=function,
    )
    held = await stack.cli.functions.CreateFunction(request, **administrator.said)
    for by in (administrator, land.health_administrator):
        await stack.cli.functions.ListFunctions(f.ListFunctionsRequest(page_size=1), **by.said)
    await stack.mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address="f@gouv.tg"))
    assert not await stack.directory.functions.standing(land.health_agent.account.id)
    await stack.cli.functions.DeleteFunction(f.DeleteFunctionRequest(id=held.id), **administrator.said)
    await stack.directory.functions.purge()
    renaming = o.ChangeAddressRequest(id=land.health_agent.account.id, address="nouvelle@gouv.tg", forward_days=1)
    await stack.cli.organisation.ChangeAddress(renaming, **administrator.said)
    office = await stack.unit(administrator, "Annexe", pb.UNIT_KIND_OFFICE, land.health.id)
    merging = o.MergeUnitsRequest(id=office.id, into_id=land.health.id)
    moved = await stack.cli.organisation.MergeUnits(merging, **administrator.said)
    stack.clock.pass_by(days=2)
    assert await retire_addresses(stack.directory) == 1
    await follow_moves(stack.directory)
    stack.clock.pass_by(days=-2)
    await stack.cli.organisation.GetReorganisation(o.GetReorganisationRequest(id=moved.id), **administrator.said)
    await stack.cli.organisation.ListReorganisations(o.ListReorganisationsRequest(), **administrator.said)
    assert len((await groups_page(stack.directory, "", 10))[0]) == 1


async def credentials(stack: Stack, land: Land) -> None:
    """Every question about factors, app passwords, codes and sessions."""
    agent, by = (
        await stack.person(land.health_administrator, "essai@sante.gouv.tg", land.health.id),
        land.health_administrator,
    )
    key, codes = await registered(stack, agent)
    secret, _ = await enrol(stack, agent)
    given = await challenge(stack, agent.account.address)
    begun = await begin(stack, given)
    await confirm(stack, given, passkey=key.get(begun.options_json), state=begun.state)
    await confirm(stack, given, recovery_code=codes[0])
    await confirm(stack, given, code=code_at(secret, stack.clock()))
    own, app = await made(stack, agent)
    await verify(stack, app, address=agent.account.address)
    services = stack.gateway.credentials
    await services.ListAppPasswords(cred.ListAppPasswordsRequest(), **agent.said)
    await services.DeleteAppPassword(cred.DeleteAppPasswordRequest(id=own), **agent.said)
    await services.RevokeOtherSessions(cred.RevokeOtherSessionsRequest(), **agent.said)
    issued = await issue(stack, by, agent.account)
    await reset(stack, issued.code)
    await services.ResetFactors(cred.ResetFactorsRequest(account_id=agent.account.id), **by.said)
    agent = Person(agent.account, await stack.log_in(agent.account.address, NEW))
    await letters(stack, agent)
    await on_paper(stack, by, land.health.id)
    await stack.mail.sessions.ListRevocations(pb.ListRevocationsRequest())


async def letters(stack: Stack, agent: Person) -> None:
    """Every question about recovery addresses, resets and letters, one that could not be handed over included."""
    recovery = stack.gateway.recovery
    await recovery.SetRecoveryAddress(rec.SetRecoveryAddressRequest(address="a@exemple.org"), **agent.said)
    with pytest.raises(Unauthenticated):
        await recovery.ConfirmRecoveryAddress(rec.ConfirmRecoveryAddressRequest(code="00000-00000"), **agent.said)
    sealed = sealed_address(stack.directory, agent.account.id, "a@exemple.org")
    in_force = {"$set": {"recovery": {"address": sealed}}}
    await stack.database["factors"].update_one({"_id": agent.account.id}, in_force)
    await recovery.StartReset(rec.StartResetRequest(address=agent.account.address))
    await answer_resets(stack.directory)
    [letter, *_] = await stack.directory.mailing.letters.due(stack.clock())
    assert await stack.directory.mailing.letters.claim(letter, stack.clock())
    await stack.directory.mailing.letters.failed(letter, stack.clock())
    await stack.directory.mailing.letters.done(letter)


async def on_paper(stack: Stack, by: Person, unit: str) -> None:
    """Every question about batches of activation letters."""
    await bare(stack, by, "essai.lettre@sante.gouv.tg", unit)
    batch = await prepared(stack, by, unit)
    assert batch.letters == 1
    await download(stack, by, batch)
    await stack.directory.batches.failed(batch.id, "essai")


async def test_no_query_reads_a_whole_collection(stack: Stack, land: Land, administrator: Person) -> None:
    await groups_too(stack, land, administrator)
    await credentials(stack, land)
    await everything(stack, land, administrator)
    asked = {shape.split(" ")[0] for shape in stack.recorder.commands}
    assert asked >= {
        "accounts",
        "units",
        "sessions",
        "keys",
        "tries",
        "remotes",
        "installation",
        "structure",
        "groups",
        "address_books",
        "contacts",
        "contact_tombstones",
    }
    assert asked >= {
        "factors",
        "app_passwords",
        "one_time_codes",
        "letters",
        "resets_asked",
        "letter_batches",
        "letter_pages",
    }
    assert await scans(stack.database, stack.recorder) == []


@given(
    after=st.text(alphabet="abz~@.0é", max_size=20),
    values=st.lists(st.text(alphabet="abz~@.0é", min_size=1, max_size=20)),
)
def test_windows_cover_all_that_follows_once_and_in_order(after: str, values: list[str]) -> None:
    found: list[str] = []
    first = True
    for above, below in windows(after):
        within = [v for v in values if (v > above if first else v >= above) and (below is None or v < below)]
        found += sorted(within)
        first = False
    assert found == sorted(v for v in values if v > after)
