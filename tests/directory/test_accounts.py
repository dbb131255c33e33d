"""Accounts: addresses that are nobody else's, facts in the same write, pages, the first administrator."""

import asyncio

import pytest
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import events_pb2

from chassis.errors import (
    AlreadyExists,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
)
from tests.directory.conftest import PASSWORD, SECRET, Person, Stack


async def create(stack: Stack, by: Person, address: str, **fields: object) -> pb.Account:
    account = pb.Account(address=address, **{"display_name": "Agent", **fields})
    return await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=account), **by.said)


def first(secret: str = SECRET, address: str = "admin@gouv.tg") -> pb.CreateFirstAdministratorRequest:
    return pb.CreateFirstAdministratorRequest(
        secret=secret, address=address, password=PASSWORD, display_name="Administrateur"
    )


async def test_the_first_administrator_is_made_once_whoever_asks_at_once(stack: Stack) -> None:
    answers = await asyncio.gather(
        *(stack.cli.accounts.CreateFirstAdministrator(first(address=f"admin{n}@gouv.tg")) for n in range(10)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, pb.Account) for answer in answers) == 1
    assert sum(isinstance(answer, PreconditionFailed) for answer in answers) == 9
    assert await stack.database["accounts"].count_documents({"_id": {"$gt": ""}}) == 1
    with pytest.raises(PreconditionFailed):
        await stack.cli.accounts.CreateFirstAdministrator(first(address="late@gouv.tg"))


async def test_a_bad_address_does_not_use_the_secret_up(stack: Stack) -> None:
    with pytest.raises(InvalidInput):
        await stack.cli.accounts.CreateFirstAdministrator(first(address="no address"))
    assert (await stack.cli.accounts.CreateFirstAdministrator(first())).roles[0].unit_id == ""


async def test_a_wrong_secret_is_refused_and_guessing_waits(stack: Stack) -> None:
    for _ in range(5):
        with pytest.raises(Forbidden):
            await stack.cli.accounts.CreateFirstAdministrator(first(secret="a guess"))
    with pytest.raises(TooManyRequests):
        await stack.cli.accounts.CreateFirstAdministrator(first())
    stack.clock.pass_by(seconds=3)
    assert (await stack.cli.accounts.CreateFirstAdministrator(first())).id


async def test_an_address_has_one_spelling(stack: Stack, administrator: Person) -> None:
    account = await create(stack, administrator, " Agent.Un@Numérique.Gouv.TG ", aliases=["A.N@gouv.tg", "a.n@gouv.tg"])
    assert account.address == "agent.un@xn--numrique-d1a.gouv.tg"
    assert list(account.aliases) == ["a.n@gouv.tg"]


@pytest.mark.parametrize(
    "address",
    [
        "", "agent", "@gouv.tg", "agent@", "agent@tg", "a@b@gouv.tg", "a%b@gouv.tg", "a!b@gouv.tg", "a+b@gouv.tg",
        "a..b@gouv.tg", ".a@gouv.tg", "a.@gouv.tg", '"a b"@gouv.tg', "a b@gouv.tg", "a\r\nX: y@gouv.tg", "a\0@gouv.tg",
        "@relay.tg:a@gouv.tg", "a@[10.0.0.1]", "a@10.0.0.1", "a@-x.tg", "é@gouv.tg", "a" * 65 + "@gouv.tg",
        "a@" + "x" * 64 + ".tg", "a@" + "é" * 100_000 + ".tg",
    ],
)  # fmt: skip
async def test_what_is_no_address_of_ours_is_refused_and_resolves_to_nobody(
    stack: Stack, administrator: Person, address: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await create(stack, administrator, address)
    assert "address" in refusal.value.fields
    with pytest.raises(NotFound):
        await stack.mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address=address))


async def test_fifty_who_want_the_same_address_at_once_make_one_account(stack: Stack, administrator: Person) -> None:
    answers = await asyncio.gather(
        *(
            create(stack, administrator, "same@gouv.tg")
            if n % 2
            else create(stack, administrator, f"other{n}@gouv.tg", aliases=["same@gouv.tg"])
            for n in range(50)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, pb.Account) for answer in answers) == 1
    assert sum(isinstance(answer, AlreadyExists) for answer in answers) == 49


async def test_an_alias_is_nobody_elses_address_nor_alias(stack: Stack, administrator: Person) -> None:
    await create(stack, administrator, "one@gouv.tg", aliases=["alias@gouv.tg"])
    for address, aliases in (
        ("alias@gouv.tg", []),
        ("two@gouv.tg", ["one@gouv.tg"]),
        ("two@gouv.tg", ["alias@gouv.tg"]),
    ):
        with pytest.raises(AlreadyExists) as refusal:
            await create(stack, administrator, address, aliases=aliases)
        assert "address" in refusal.value.fields
    two = await create(stack, administrator, "two@gouv.tg")
    two.aliases.append("alias@gouv.tg")
    with pytest.raises(AlreadyExists):
        await stack.update(administrator, two, "aliases")


async def test_a_staff_number_is_one_persons_where_given(stack: Stack, administrator: Person) -> None:
    await create(stack, administrator, "one@gouv.tg", staff_number="TG-001")
    await create(stack, administrator, "two@gouv.tg")
    await create(stack, administrator, "three@gouv.tg")
    with pytest.raises(AlreadyExists) as refusal:
        await create(stack, administrator, "four@gouv.tg", staff_number="TG-001")
    assert "staff_number" in refusal.value.fields


@pytest.mark.parametrize(
    "name", ["", "   ", "a\r\nBcc: x@y.tg", "a\0", "a\u2028b", "a\u202egpj", "a\u200bb", "x" * 201]
)
async def test_a_name_that_would_forge_a_header_is_refused(stack: Stack, administrator: Person, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await create(stack, administrator, "agent@gouv.tg", display_name=name)
    assert "display_name" in refusal.value.fields


async def test_each_change_carries_its_fact_in_the_same_write(stack: Stack, administrator: Person) -> None:
    account = await create(stack, administrator, "agent@gouv.tg")
    account.display_name = "Agent Renommé"
    await stack.update(administrator, account, "display_name")
    await stack.update(administrator, account, "display_name")
    for _ in range(2):
        await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=account.id), **administrator.said)
    restored = await stack.cli.accounts.RestoreAccount(pb.RestoreAccountRequest(id=account.id), **administrator.said)
    facts = await stack.facts("accounts", account.id)
    assert [fact["type"] for fact in facts] == [
        "account_created",
        "account_changed",
        "account_suspended",
        "session_revoked",
        "account_restored",
    ]
    assert [fact["version"] for fact in facts] == [1, 2, 3, 3, 4]
    assert restored.version == 4
    assert not restored.suspended


async def test_a_refused_change_leaves_no_fact(stack: Stack, administrator: Person) -> None:
    await create(stack, administrator, "taken@gouv.tg")
    account = await create(stack, administrator, "agent@gouv.tg")
    account.aliases.append("taken@gouv.tg")
    with pytest.raises(AlreadyExists):
        await stack.update(administrator, account, "aliases")
    assert len(await stack.facts("accounts", account.id)) == 1


async def test_changes_at_once_are_all_kept_each_with_its_version(stack: Stack, administrator: Person) -> None:
    account = await create(stack, administrator, "agent@gouv.tg")

    async def rename(n: int) -> None:
        copy = pb.Account(id=account.id, display_name=f"Agent {n}")
        await stack.update(administrator, copy, "display_name")

    await asyncio.gather(*(rename(n) for n in range(5)))
    facts = await stack.facts("accounts", account.id)
    assert [fact["version"] for fact in facts] == [1, 2, 3, 4, 5, 6]


async def test_only_named_fields_change_and_others_are_refused(stack: Stack, administrator: Person) -> None:
    account = await create(stack, administrator, "agent@gouv.tg", aliases=["a@gouv.tg"])
    changed = await stack.update(administrator, pb.Account(id=account.id, display_name="Autre"), "display_name")
    assert list(changed.aliases) == ["a@gouv.tg"]
    for mask in ([], ["address"], ["suspended"], ["display_name", "version"]):
        with pytest.raises(InvalidInput):
            await stack.update(administrator, account, *mask)


async def test_a_suspended_account_is_out_at_once_and_still_receives(stack: Stack, administrator: Person) -> None:
    agent = await stack.person(administrator, "agent@gouv.tg")
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.account.id), **administrator.said)
    with pytest.raises(Unauthenticated):
        await stack.gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), **agent.said)
    with pytest.raises(Unauthenticated):
        await stack.gateway.sessions.RefreshSession(pb.RefreshSessionRequest(refresh_token=agent.session.refresh_token))
    found = await stack.mail.accounts.ResolveAddress(pb.ResolveAddressRequest(address="Agent@gouv.tg"))
    assert found.suspended
    assert found.account_id == agent.account.id
    revoked = (await stack.mail.sessions.ListRevocations(pb.ListRevocationsRequest())).revocations
    assert [(each.account_id, each.session_id) for each in revoked] == [(agent.account.id, "")]


async def test_who_was_cut_off_for_long_is_told_of_all_that_ended(stack: Stack, administrator: Person) -> None:
    """Mail programs stay connected for days; a token lives for minutes."""
    agent = await stack.person(administrator, "agent@gouv.tg")
    before = pb.ListRevocationsRequest()
    before.since.FromDatetime(stack.clock())
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.account.id), **administrator.said)
    stack.clock.pass_by(hours=5)
    revoked = (await stack.mail.sessions.ListRevocations(before)).revocations
    assert [each.account_id for each in revoked] == [agent.account.id]
    assert not (await stack.mail.sessions.ListRevocations(pb.ListRevocationsRequest())).revocations


async def test_nobody_suspends_the_own_account(stack: Stack, administrator: Person) -> None:
    request = pb.SuspendAccountRequest(id=administrator.account.id)
    with pytest.raises(PreconditionFailed):
        await stack.cli.accounts.SuspendAccount(request, **administrator.said)


async def test_pages_hold_each_account_once_in_order(stack: Stack, administrator: Person) -> None:
    unit = await stack.unit(administrator, "Numérique", pb.UNIT_KIND_MINISTRY)
    below = await stack.unit(administrator, "Réseaux", pb.UNIT_KIND_OFFICE, unit.id)
    names = [f"agent{n:02}" for n in range(23)] + ["a", "b.c", "zz", "agenda", "9lives"]
    for n, name in enumerate(names):
        await create(stack, administrator, f"{name}@gouv.tg", unit_id=(unit, below)[n % 2].id)
    for asked in (unit.id, ""):
        seen, token = [], ""
        for _ in range(20):
            request = pb.ListAccountsRequest(unit_id=asked, page_size=5, page_token=token)
            answer = await stack.cli.accounts.ListAccounts(request, **administrator.said)
            seen += [account.address for account in answer.accounts]
            token = answer.next_page_token
            if not token:
                break
        everyone = [f"{name}@gouv.tg" for name in names] + ([] if asked else ["admin@gouv.tg"])
        assert seen == sorted(everyone)


@pytest.mark.parametrize("token", ["x", "é", "W10", "WyJhY2NvdW50cyIsImVsc2UiLCIiXQ", "A" * 10_000])
async def test_a_token_of_another_list_is_refused(stack: Stack, administrator: Person, token: str) -> None:
    request = pb.ListAccountsRequest(page_token=token)
    with pytest.raises(InvalidInput):
        await stack.cli.accounts.ListAccounts(request, **administrator.said)
    with pytest.raises(InvalidInput):
        await stack.cli.accounts.ListAccounts(pb.ListAccountsRequest(page_size=-1), **administrator.said)


async def test_a_service_has_its_own_queues_told_only(stack: Stack, administrator: Person) -> None:
    await create(stack, administrator, "agent@gouv.tg")
    answer = await stack.mail.accounts.AnnounceAccounts(pb.AnnounceAccountsRequest(queue="mail.provision"))
    assert answer.accounts == 2
    with pytest.raises(Forbidden):
        await stack.mail.accounts.AnnounceAccounts(pb.AnnounceAccountsRequest(queue="drive.provision"))
    with pytest.raises(InvalidInput):
        await stack.mail.accounts.AnnounceAccounts(pb.AnnounceAccountsRequest(queue="mail provision"))


async def test_facts_tell_what_others_may_know_and_no_secret(stack: Stack, administrator: Person) -> None:
    unit = await stack.unit(administrator, "Numérique", pb.UNIT_KIND_MINISTRY)
    agent = await stack.person(administrator, "agent@gouv.tg", unit.id)
    request = pb.SetPasswordRequest(id=agent.account.id, new_password="an entirely new one")
    await stack.cli.accounts.SetPassword(request, **administrator.said)
    facts = await stack.facts("accounts", agent.account.id)
    kinds = ["account_created", "session_revoked", "credential_changed"]
    assert [fact["type"] for fact in facts] == kinds
    told = repr(facts)
    assert unit.id in told
    assert "argon2" not in told
    assert not {"password", "credential"} & {name.name for name in events_pb2.AccountFact.DESCRIPTOR.fields}
