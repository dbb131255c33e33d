"""ProvisioningService by itself: what narrows a search, what bounds it, and that indexes answer it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import ScimFilter
from workspace.directory.v1 import directory_pb2 as directory
from workspace.directory.v1 import provisioning_pb2 as pb

from chassis.documents import scans
from chassis.errors import InvalidInput, PreconditionFailed, TooLarge
from gateway.edges.scim.filters import USER_ATTRIBUTES, condition_of
from gateway.edges.scim.models import provider
from gateway.edges.scim.users import Users
from services.directory.api.provisioning import _message, condition_given
from services.directory.domain.accounts import Account, Profile
from services.directory.domain.conditions import checked, holds, view
from services.directory.domain.provisioning import Email, Provisioning
from services.directory.usecases import search_accounts
from tests.directory.conftest import Land, Person, Stack


def equal(attribute: str, text: str, operator: str = "eq") -> pb.Condition:
    return pb.Condition(comparison=pb.Comparison(attribute=attribute, operator=operator, text=text))


async def search(stack: Stack, by: Person, condition: pb.Condition | None = None, **given: Any) -> list[str]:
    request = pb.SearchAccountsRequest(condition=condition, **{"count": 500, **given})
    found = await stack.cli.provisioning.SearchAccounts(request, **by.said)
    return [each.account.address for each in found.accounts]


def narrow(land: Land) -> Iterator[pb.Condition]:
    agent = land.economy_agent.account
    yield equal("id", agent.id)
    yield equal("address", agent.address)
    yield pb.Condition(entry=pb.Entry(list="emails", condition=equal("value", agent.address)))
    yield equal("external_id", "x")
    yield equal("staff_number", "n")
    yield equal("unit_id", land.treasury.id)
    since = pb.Comparison(attribute="changed_at", operator="ge")
    since.time.FromDatetime(datetime(2020, 1, 1, tzinfo=UTC))
    yield pb.Condition(comparison=since)
    yield equal("title", "Comptable", "co")


async def test_every_search_is_answered_from_an_index(stack: Stack, land: Land, administrator: Person) -> None:
    wanted = pb.ProvisionedAccount(
        account=directory.Account(address="i@economie.gouv.tg", display_name="I", staff_number="n"), external_id="x"
    )
    made = await stack.cli.provisioning.ProvisionAccount(
        pb.ProvisionAccountRequest(wanted=wanted), **land.economy_administrator.said
    )
    for by in (administrator, land.economy_administrator):
        for condition in narrow(land):
            await search(stack, by, condition)
            await search(stack, by, pb.Condition(all=pb.Conditions(terms=[condition, equal("title", "x", "ne")])))
        await search(stack, by)
        assert len(await search(stack, by, offset=1, count=1)) == 1
        assert await search(stack, by, order_by="display_name", descending=True, count=0) == []
    assert await search(stack, land.economy_administrator, equal("external_id", "x")) == ["i@economie.gouv.tg"]
    assert await search(stack, land.health_administrator, equal("external_id", "x")) == []
    made.account.profile.title = "Comptable"
    request = pb.ReplaceAccountRequest(wanted=made, version=1)
    assert (await stack.cli.provisioning.ReplaceAccount(request, **administrator.said)).account.version == 2
    with pytest.raises(PreconditionFailed):
        await stack.cli.provisioning.ReplaceAccount(request, **administrator.said)
    withdrawal = pb.WithdrawAccountRequest(id=made.account.id)
    await stack.cli.provisioning.WithdrawAccount(withdrawal, **administrator.said)
    assert await scans(stack.database, stack.recorder) == []


async def test_a_search_looks_at_so_many_and_says_when_they_are_more(
    stack: Stack, land: Land, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_accounts, "MOST_READ", 3)
    with pytest.raises(TooLarge):
        await search(stack, administrator, equal("title", "x", "co"))
    assert await search(stack, land.economy_administrator, equal("title", "x", "co")) == []
    # Neither what another ministry has, nor how much, is read: no time and no error tells of it.
    assert await search(stack, land.economy_administrator, equal("unit_id", land.health.id)) == []
    assert len(await search(stack, administrator)) == 5


async def test_what_cannot_be_looked_for_is_refused(stack: Stack, administrator: Person) -> None:
    nested = equal("title", "x")
    for _ in range(45):
        nested = pb.Condition(all=pb.Conditions(terms=[nested]))
    for condition in (
        pb.Condition(),
        equal("credential", "x"),
        equal("outbox.body", "x"),
        equal("title", "x", "$where"),
        equal("active", "true"),
        equal("created_at", "2020"),
        equal("title", "x", ""),
        pb.Condition(present="$ne"),
        pb.Condition(entry=pb.Entry(list="emails", condition=equal("title", "x"))),
        pb.Condition(entry=pb.Entry(list="title", condition=equal("value", "x"))),
        nested,
    ):
        with pytest.raises(InvalidInput):
            await search(stack, administrator, condition)
    for wrong in ({"count": 501}, {"count": -1}, {"offset": -1}, {"order_by": "credential"}):
        with pytest.raises(InvalidInput):
            await search(stack, administrator, **wrong)


MODEL: Any = provider().model_for("User")
TIME = datetime(2026, 1, 1, tzinfo=UTC)
BASE = Account(id="01J", address="a@b.tg", display_name="Élan", created_at=TIME, unit_path=("01M", "01T"))
letters = st.text(alphabet="abÉé.@ ", max_size=4)
labels = st.tuples(st.integers(0, 3), st.sampled_from(["", "work", "Home"]))
accounts = st.builds(
    lambda title, family, phone, mobile, aliases, external, suspended, said: replace(
        BASE,
        profile=Profile(title=title, family_name=family, phone=phone, mobile=mobile),
        aliases=tuple(f"{n}{'x' * n}@b.tg" for n in range(aliases)),
        provisioning=Provisioning(
            external.strip(), None if said is None else tuple(Email(f"{n}{'x' * n}@b.tg", kind) for n, kind in said)
        ),
        suspended=suspended,
    ),
    letters, letters, letters, letters, st.integers(0, 3), letters, st.booleans(),
    st.none() | st.lists(labels, max_size=3, unique_by=lambda label: label[0]),
)  # fmt: skip
FILTERS = [
    "title {op} {value}", "name.familyName {op} {value}", "externalId {op} {value}", "userName {op} {value}",
    "emails.value {op} {value}", "emails.type {op} {value}", "emails {op} {value}", "phoneNumbers.value {op} {value}",
    'emails[type {op} {value} and value co "x"]', "phoneNumbers[type eq \"mobile\" and value {op} {value}]",
    "title pr and not (externalId {op} {value})", "emails pr or title {op} {value}",
    "active eq true and title {op} {value}",
    "active ne false", "phoneNumbers pr", "name pr", "emails[type pr]", "not (emails[value {op} {value}])",
    'meta.resourceType eq "User"', "title eq null", "emails.type ne {value}", 'meta.created lt "2026-06-01T00:00:00Z"',
]  # fmt: skip


@given(
    account=accounts,
    pattern=st.sampled_from(FILTERS),
    op=st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]),
    value=letters,
)
def test_a_condition_holds_where_the_filter_matches_what_is_shown(
    account: Account, pattern: str, op: str, value: str
) -> None:
    text = pattern.replace("{op}", op).replace("{value}", f'"{value}"')
    names = ["Économie", "Trésor"]
    shown = Users.__new__(Users)
    shown._model = MODEL
    condition = condition_of(ScimFilter[MODEL](text), MODEL, USER_ATTRIBUTES, "User")
    assert condition is not None
    expected = ScimFilter[MODEL](text).match(shown.resource(_message(account, names)))
    assert holds(checked(condition_given(condition)), view(account, names)) is expected
