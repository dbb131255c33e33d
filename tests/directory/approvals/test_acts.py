"""Which acts two have to agree upon, and that each is done as it was asked for."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import approvals_pb2 as a
from workspace.directory.v1 import credentials_pb2 as cred
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import domains_pb2 as d
from workspace.directory.v1 import jobs_pb2 as jobs
from workspace.directory.v1 import life_pb2 as life
from workspace.directory.v1 import openid_pb2 as openid
from workspace.directory.v1 import organisation_pb2 as o
from workspace.directory.v1 import provisioning_pb2 as provisioning

from chassis.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    TooManyRequests,
)
from tests.directory.approvals.conftest import NEW, annex, approve, asked, dissolving, policy, read
from tests.directory.conftest import PASSWORD, Land, Person, Stack
from tests.directory.test_import import finished, report, uploaded
from tests.directory.test_letters import bare, download, prepared


async def test_who_might_not_do_it_alone_does_not_approve_it(
    stack: Stack, land: Land, administrator: Person, second: Person, other: Person
) -> None:
    # Whole ministries are the national administrator's to take away.
    moving = o.MergeUnitsRequest(id=land.economy.id, into_id=land.health.id)
    approval = await asked(stack.cli.organisation.MergeUnits(moving, **administrator.said))
    with pytest.raises(NotFound):
        await approve(stack, other, approval)
    assert (await approve(stack, second, approval)).state == a.APPROVAL_STATE_DONE


async def test_policies_are_agreed_upon_by_two_inherited_and_weakened_by_two(
    stack: Stack, land: Land, administrator: Person, second: Person
) -> None:
    await policy(stack, administrator, second, "dissolve_unit")
    await policy(stack, administrator, second, "move_unit", unit=land.economy.id)
    shown = await stack.cli.approvals.GetApprovalPolicy(
        a.GetApprovalPolicyRequest(unit_id=land.treasury.id), **land.economy_administrator.said
    )
    assert (list(shown.acts), list(shown.effective_acts)) == ([], ["move_unit", "dissolve_unit"])
    weaker = a.SetApprovalPolicyRequest(unit_id="")
    await asked(stack.cli.approvals.SetApprovalPolicy(weaker, **administrator.said))
    await asked(dissolving(stack, administrator, await annex(stack, administrator, land)))
    own = a.SetApprovalPolicyRequest(unit_id=land.economy.id)
    with pytest.raises(Forbidden):
        await stack.cli.approvals.SetApprovalPolicy(own, **land.economy_administrator.said)
    unknown = a.SetApprovalPolicyRequest(acts=["everything"])
    with pytest.raises(InvalidInput):
        await stack.cli.approvals.SetApprovalPolicy(unknown, **administrator.said)
    # Where no policy wants two, one is enough.
    moving = o.MoveUnitRequest(id=(await stack.unit(administrator, "Bureau", 3, land.health.id)).id)
    moving.parent_id, moving.kind = land.economy.id, pb.UNIT_KIND_OFFICE
    await asked(stack.cli.organisation.MoveUnit(moving, **administrator.said))
    await stack.cli.organisation.MergeUnits(
        o.MergeUnitsRequest(id=moving.id, into_id=land.health.id), **administrator.said
    )


async def made_by_two(stack: Stack, land: Land, administrator: Person, second: Person) -> str:
    """The account of chef@economie.gouv.tg, made an administrator by two."""
    grant = pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=land.treasury.id)
    new = pb.Account(address="chef@economie.gouv.tg", display_name="Chef", unit_id=land.treasury.id, roles=[grant])
    created = pb.CreateAccountRequest(account=new, password=PASSWORD)
    await approve(stack, second, await asked(stack.cli.accounts.CreateAccount(created, **administrator.said)))
    return (await stack.directory.accounts.by_address(new.address)).id  # type: ignore[union-attr]


@pytest.mark.usefixtures("two")
async def test_what_lets_into_an_administrators_account_waits_and_is_done_as_it_was_asked_for(
    stack: Stack, land: Land, administrator: Person, second: Person
) -> None:
    cli, said = stack.cli, administrator.said
    account_id = await made_by_two(stack, land, administrator, second)
    chief = Person(pb.Account(id=account_id), await stack.log_in("chef@economie.gouv.tg"))
    setting = pb.SetPasswordRequest(id=account_id, new_password=NEW)
    approval = await asked(cli.accounts.SetPassword(setting, **said))
    with pytest.raises((Forbidden, NotFound)):
        await approve(stack, chief, approval)
    assert NEW not in str(await stack.database["approvals"].find_one({"_id": approval}))
    await approve(stack, second, approval)
    assert (await stack.log_in("chef@economie.gouv.tg", NEW)).access_token
    resetting = cred.ResetFactorsRequest(account_id=account_id)
    assert (
        await approve(stack, second, await asked(cli.credentials.ResetFactors(resetting, **said)))
    ).state == a.APPROVAL_STATE_DONE
    coded = cred.IssueCodeRequest(account_id=account_id, purpose=cred.CODE_PURPOSE_RESET)
    approval = await asked(cli.credentials.IssueCode(coded, **said))
    done = await approve(stack, second, approval)
    assert done.has_result
    taking = a.TakeApprovalResultRequest(id=approval)
    with pytest.raises(NotFound):
        await cli.approvals.TakeApprovalResult(taking, **second.said)
    code = (await cli.approvals.TakeApprovalResult(taking, **said)).values["code"]
    await cli.credentials.FinishReset(cred.FinishResetRequest(code=code, new_password=f"{NEW} again"))
    with pytest.raises(NotFound):
        await cli.approvals.TakeApprovalResult(taking, **said)


async def test_what_is_done_with_a_persons_data_waits_and_is_done_as_it_was_asked_for(
    stack: Stack, land: Land, administrator: Person, second: Person, other: Person
) -> None:
    agent, cli, said = land.economy_agent.account, stack.cli, administrator.said
    export = life.CreatePersonalDataRequestRequest(
        account_id=agent.id, kind=life.PERSONAL_DATA_KIND_EXPORT, reason="Demande 1"
    )
    await approve(stack, second, await asked(cli.personal.CreatePersonalDataRequest(export, **said)))
    assert await stack.database["personal_requests"].count_documents({"account": agent.id}) == 1
    departing = life.DepartAccountRequest(id=agent.id, successor_id=second.account.id)
    approval = await asked(cli.departures.DepartAccount(departing, **said))
    with pytest.raises(NotFound):
        await approve(stack, other, approval)
    assert not (await stack.directory.accounts.find(agent.id)).suspended  # type: ignore[union-attr]
    await approve(stack, second, approval)
    assert (await cli.departures.DepartAccount(departing, **said)).successor_id == second.account.id


async def test_what_changes_an_organisation_waits_and_is_done_as_it_was_asked_for(
    stack: Stack, land: Land, administrator: Person, second: Person, other: Person
) -> None:
    cli, said = stack.cli, administrator.said
    await stack.owning(administrator, land.economy.id, "finances.gouv.tg")
    deleting = d.DeleteDomainRequest(name="finances.gouv.tg")
    approval = await asked(cli.domains.DeleteDomain(deleting, **said))
    with pytest.raises(NotFound):
        await approve(stack, other, approval)
    await approve(stack, second, approval)
    assert await stack.directory.domains.find("finances.gouv.tg") is None
    moving = o.MoveUnitRequest(id=land.treasury.id, parent_id=land.health.id, kind=pb.UNIT_KIND_DIRECTORATE)
    await approve(stack, second, await asked(cli.organisation.MoveUnit(moving, **said)))
    unit = await stack.directory.units.find(land.treasury.id)
    assert unit is not None
    assert unit.parent_id == land.health.id


@pytest.mark.usefixtures("two")
async def test_an_application_with_wide_scopes_waits_and_is_made_as_it_was_asked_for(
    stack: Stack, land: Land, administrator: Person, second: Person
) -> None:
    cli, said = stack.cli, administrator.said
    client = openid.Client(
        name="Paie", unit_id=land.economy.id, address="paie@economie.gouv.tg", scopes=["directory.read"],
        grant_types=["client_credentials"],
    )  # fmt: skip
    approval = await asked(cli.clients.CreateClient(openid.CreateClientRequest(client=client), **said))
    assert (await approve(stack, second, approval)).state == a.APPROVAL_STATE_DONE
    values = (await cli.approvals.TakeApprovalResult(a.TakeApprovalResultRequest(id=approval), **said)).values
    assert len(values["client_secret"]) >= 43
    widening = openid.Client(client_id=values["client_id"], scopes=["directory.read", "directory.write"])
    update = openid.UpdateClientRequest(client=widening, update_mask=FieldMask(paths=["scopes"]))
    await asked(cli.clients.UpdateClient(update, **said))


async def test_a_list_of_departures_is_no_way_around_two_administrators(
    stack: Stack, land: Land, other: Person
) -> None:
    by, agent = land.economy_administrator, land.economy_agent.account.address
    given = f"adresse;successeur\n{agent};{by.account.address}\n"
    for run in (False, True):
        job = await uploaded(stack, by, given, run=run, kind=jobs.JOB_KIND_DEPARTURE)
        (row,) = await report(stack, by, await finished(stack, by, job))
        assert row["outcome"] == "refused"
        assert "second administrator" in row["reason"]
    # Who leaves and hands nothing over gives nobody anything to read.
    job = await uploaded(stack, by, f"adresse\n{agent}\n", run=True, kind=jobs.JOB_KIND_DEPARTURE)
    (row,) = await report(stack, by, await finished(stack, by, job))
    assert row["outcome"] == "departed"


async def test_nobody_decides_upon_what_is_done_to_the_own_account(
    stack: Stack, land: Land, administrator: Person, second: Person, other: Person
) -> None:
    third = await stack.person(administrator, "tiers@gouv.tg", land.economy.id)
    setting = pb.SetPasswordRequest(id=other.account.id, new_password=NEW)
    approval = await asked(stack.cli.accounts.SetPassword(setting, **land.economy_administrator.said))
    with pytest.raises(Forbidden):
        await approve(stack, other, approval)
    with pytest.raises(Forbidden):
        await stack.cli.approvals.Refuse(a.RefuseRequest(id=approval, reason="non"), **other.said)
    with pytest.raises(Forbidden):
        await approve(stack, third, approval)
    assert (await approve(stack, second, approval)).state == a.APPROVAL_STATE_DONE


async def test_one_who_asks_for_too_much_waits(stack: Stack, land: Land, other: Person) -> None:
    by = land.economy_administrator
    unit = await annex(stack, by, land)
    await asked(dissolving(stack, by, unit))
    document = await stack.database["approvals"].find_one({"asked_by": by.account.id})
    more = [{**document, "_id": f"{n:026}", "same": str(n), "outbox": []} for n in range(100)]
    await stack.database["approvals"].insert_many(more)
    with pytest.raises(TooManyRequests):
        await dissolving(stack, by, await annex(stack, by, land, "Autre"))


async def test_roles_handed_over_by_a_merger_are_roles_granted(
    stack: Stack, land: Land, administrator: Person, second: Person
) -> None:
    await policy(stack, administrator, second, "grant_administrator", unit=land.economy.id)
    one, other = [await annex(stack, administrator, land, name) for name in ("Un", "Deux")]
    merging = o.MergeUnitsRequest(id=one, into_id=other, hand_roles=True)
    approval = await asked(stack.cli.organisation.MergeUnits(merging, **land.economy_administrator.said))
    assert (await read(stack, second, approval)).details["hands_roles"] == "true"
    merging.hand_roles = False
    await stack.cli.organisation.MergeUnits(merging, **land.economy_administrator.said)


async def test_a_provisioner_gives_no_password_to_who_administers_where_two_are_wanted(
    stack: Stack, land: Land, administrator: Person, other: Person
) -> None:
    user = provisioning.ProvisionedAccount(account=pb.Account(id=other.account.id, address=other.account.address))
    user.account.display_name, user.account.unit_id = "Adjoint", land.economy.id
    request = provisioning.ReplaceAccountRequest(wanted=user, password=NEW)
    with pytest.raises(Forbidden):
        await stack.gateway.provisioning.ReplaceAccount(request, **administrator.said)
    assert (await stack.log_in(other.account.address)).access_token


async def test_no_letter_is_printed_for_who_administers_where_two_are_wanted(
    stack: Stack, land: Land, administrator: Person, second: Person
) -> None:
    by = land.economy_administrator
    agent = await bare(stack, by, "un@economie.gouv.tg", land.treasury.id)
    chief = await bare(stack, by, "chef@economie.gouv.tg", land.treasury.id)
    grant = pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR, unit_id=land.treasury.id)
    await stack.update(by, pb.Account(id=chief.id, roles=[grant]), "roles")
    await policy(stack, administrator, second, "reset_administrator", unit=land.economy.id)
    batch = await prepared(stack, by, land.treasury.id)
    assert batch.letters == 1
    assert agent.address in (await download(stack, by, batch))[0]
