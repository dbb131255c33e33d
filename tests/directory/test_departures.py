"""Agents who leave: suspended, the mailbox handed over, restored in time or deleted, the addresses nobody's."""

from typing import Any

import pytest
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import jobs_pb2 as jobs
from workspace.directory.v1 import life_pb2 as pb

from chassis.documents import scans
from chassis.errors import AlreadyExists, Forbidden, NotFound, PreconditionFailed, Unauthenticated
from services.directory.usecases.delete_departed import delete_departed
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_import import brought, finished, report, uploaded


async def let_go(stack: Stack, by: Person, who: Person, successor: Person | None = None) -> pb.Departure:
    successor_id = successor.account.id if successor is not None else ""
    request = pb.DepartAccountRequest(id=who.account.id, successor_id=successor_id)
    return await stack.cli.departures.DepartAccount(request, **by.said)


async def restored(stack: Stack, by: Person, who: Person) -> directory_pb2.Account:
    return await stack.cli.accounts.RestoreAccount(directory_pb2.RestoreAccountRequest(id=who.account.id), **by.said)


async def told(stack: Stack, account_id: str) -> list[str]:
    return [fact["type"] for fact in await stack.facts("accounts", account_id)]


async def deleted_within(stack: Stack, days: int) -> int:
    """How many accounts the worker deletes so many days later; then it is today again, for tokens to be good."""
    stack.clock.pass_by(days=days)
    deleted = await delete_departed(stack.directory)
    stack.clock.pass_by(days=-days)
    return deleted


async def test_who_leaves_is_out_at_once_and_the_mailbox_is_handed_over(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    successor = await stack.person(by, "suite@economie.gouv.tg", land.treasury.id)
    gone = await let_go(stack, by, agent, successor)
    assert (gone.delete_at.seconds - gone.departed_at.seconds) // 86400 == 180
    with pytest.raises(Unauthenticated):
        await stack.log_in(agent.account.address)
    with pytest.raises(Unauthenticated):
        await stack.cli.accounts.GetOwnAccount(directory_pb2.GetOwnAccountRequest(), **agent.said)
    facts = await stack.facts("accounts", agent.account.id)
    assert [fact["type"] for fact in facts[-3:]] == ["account_suspended", "session_revoked", "mailbox_handed_over"]
    assert facts[-1]["data"]["successor_id"] == successor.account.id
    assert await let_go(stack, by, agent, successor) == gone
    assert len(await stack.facts("accounts", agent.account.id)) == len(facts)
    # It is received for as long as the account is there.
    resolve = directory_pb2.ResolveAddressRequest(address=agent.account.address)
    assert (await stack.mail.accounts.ResolveAddress(resolve)).suspended


async def test_a_departure_is_undone_in_time(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    await let_go(stack, by, agent, by)
    assert await deleted_within(stack, 179) == 0
    assert not (await restored(stack, by, agent)).suspended
    assert (await told(stack, agent.account.id))[-2:] == ["account_restored", "mailbox_handed_over"]
    with pytest.raises(NotFound):
        await stack.cli.departures.GetDeparture(pb.GetDepartureRequest(id=agent.account.id), **by.said)
    assert await deleted_within(stack, 181) == 0
    assert (await stack.log_in(agent.account.address)).access_token


async def test_after_the_legal_delay_the_account_is_gone_and_its_addresses_are_nobodys(
    stack: Stack, land: Land
) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    agent.account.aliases.append("alias@economie.gouv.tg")
    await stack.update(by, agent.account, "aliases")
    await let_go(stack, by, agent)
    assert await deleted_within(stack, 181) == 1
    assert await deleted_within(stack, 181) == 0
    with pytest.raises(NotFound):
        await stack.cli.accounts.GetAccount(directory_pb2.GetAccountRequest(id=agent.account.id), **by.said)
    with pytest.raises(NotFound):
        await restored(stack, by, agent)
    for address in ("agent@economie.gouv.tg", "alias@economie.gouv.tg"):
        with pytest.raises(NotFound):
            await stack.mail.accounts.ResolveAddress(directory_pb2.ResolveAddressRequest(address=address))
        with pytest.raises(AlreadyExists):
            await stack.person(by, address, land.treasury.id)
        with pytest.raises(AlreadyExists):
            await stack.update(by, directory_pb2.Account(id=by.account.id, aliases=[address]), "aliases")
    (row,) = await brought(stack, by, "adresse;nom;unité\nalias@economie.gouv.tg;Autre;Économie\n")
    assert (row["outcome"], "nother account" in row["reason"]) == ("refused", True)
    assert await stack.database["sessions"].count_documents({"account": agent.account.id}) == 0
    (fact, _) = await stack.acts(f"{agent.account.id}.deleted")
    assert (fact["type"], fact["version"]) == ("account_deleted", str(int(agent.account.version) + 3))


async def test_nobody_lets_go_whom_it_may_not_change_nor_hands_over_to_strangers(
    stack: Stack, land: Land, administrator: Person
) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    higher = await stack.person(administrator, "national@economie.gouv.tg", land.economy.id, administers="")
    for call, error in (
        (let_go(stack, by, land.health_agent), NotFound),
        (let_go(stack, by, agent, land.health_agent), NotFound),
        (let_go(stack, by, agent, agent), PreconditionFailed),
        (let_go(stack, by, by), PreconditionFailed),
        (let_go(stack, by, higher), Forbidden),
        (let_go(stack, agent, by), Forbidden),
    ):
        with pytest.raises(error):
            await call
    assert (await stack.log_in(agent.account.address)).access_token


async def test_departures_are_let_go_by_a_list_as_a_job(stack: Stack, land: Land) -> None:
    by: Any = land.economy_administrator
    await brought(
        stack, by,
        "adresse;nom;unité;matricule\n"
        "un@economie.gouv.tg;Un;Économie/Trésor;E-1\n"
        "deux@economie.gouv.tg;Deux;Économie/Trésor;E-2\n",
    )  # fmt: skip
    text = (
        "matricule;adresse;successeur\n"
        "E-1;;deux@economie.gouv.tg\n"
        "E-1;;\n"
        ";agent@sante.gouv.tg;\n"
        "E-2;un@economie.gouv.tg;\n"
        ";agent@economie.gouv.tg;agent@sante.gouv.tg\n"
        ";admin@economie.gouv.tg;\n"
        ";;\n"
        "E-9;;\n"
    )
    expected = ["departed", *["refused"] * 6]
    for run in (False, True):
        job = await uploaded(stack, by, text, run=run, kind=jobs.JOB_KIND_DEPARTURE)
        rows = await report(stack, by, await finished(stack, by, job))
        assert [row["outcome"] for row in rows] == expected
        assert all(row["reason"] for row in rows[1:])
    again = await brought(stack, by, text, kind=jobs.JOB_KIND_DEPARTURE)
    assert again[0]["outcome"] == "unchanged"
    with pytest.raises(Unauthenticated):
        await stack.log_in("un@economie.gouv.tg")
    assert await deleted_within(stack, 181) == 1


async def test_every_query_of_departures_has_an_index(stack: Stack, land: Land) -> None:
    await test_after_the_legal_delay_the_account_is_gone_and_its_addresses_are_nobodys(stack, land)
    assert await stack.directory.erasure.collected(land.economy_administrator.account.id)
    assert "reserved_addresses" in {shape.split(" ")[0] for shape in stack.recorder.commands}
    assert await scans(stack.database, stack.recorder) == []
