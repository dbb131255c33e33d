"""A lost password is replaced through another address: by its owner alone, once, past no second factor and no wait."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import credentials_pb2 as cred
from workspace.directory.v1 import recovery_pb2 as rec

from chassis.errors import (
    InvalidInput,
    LoginTooOld,
    PreconditionFailed,
    TooManyRequests,
    Unauthenticated,
)
from deploy.local.certificates import Authority
from services.directory.domain.accounts import Account
from services.directory.domain.recovery import recovery_address
from services.directory.letter_posting import LetterPosting
from services.directory.usecases.send_letters import send_letters
from tests.directory.conftest import Land, Person, Stack
from tests.directory.postman import Postman, postman_of
from tests.directory.test_one_time_codes import reset
from tests.directory.test_second_factors import challenge, code_at, confirm, enrol

ADDRESS, OUTSIDE, NEW = "agent@economie.gouv.tg", "Agent.Prive+secours@exemple.org", "an entirely new one"


@pytest.fixture
async def postman(stack: Stack, authority: Authority) -> AsyncIterator[Postman]:
    async with postman_of(stack, authority) as postman:
        yield postman


async def begin_address(stack: Stack, who: Person, address: str = OUTSIDE) -> None:
    await stack.gateway.recovery.SetRecoveryAddress(rec.SetRecoveryAddressRequest(address=address), **who.said)


async def confirm_address(stack: Stack, who: Person, code: str) -> None:
    await stack.gateway.recovery.ConfirmRecoveryAddress(rec.ConfirmRecoveryAddressRequest(code=code), **who.said)


async def with_address(stack: Stack, postman: Postman, who: Person, address: str = OUTSIDE) -> None:
    """Register a recovery address, as its owner does."""
    await begin_address(stack, who, address)
    (letter,) = await postman.round()
    await confirm_address(stack, who, letter.code)
    await postman.round()


async def start(stack: Stack, address: str = ADDRESS) -> None:
    await stack.gateway.recovery.StartReset(rec.StartResetRequest(address=address))


async def confirm_reset(stack: Stack, challenge: str, **factor: str) -> None:
    request = rec.ConfirmResetRequest(challenge=challenge, **factor)
    await stack.gateway.recovery.ConfirmReset(request)


async def factors(stack: Stack, who: Person) -> cred.Factors:
    return await stack.gateway.credentials.GetFactors(cred.GetFactorsRequest(), **who.said)


async def everything_told(stack: Stack) -> str:
    """Every fact that any document has to tell, and the audit's."""
    found = []
    for name in await stack.database.list_collection_names():
        async for document in stack.database[name].find({"pending": 1}):
            found += [entry["body"] for entry in document.get("outbox", [])]
    return "\n".join(found)


async def kept(stack: Stack) -> str:
    """All that the database holds."""
    found = []
    for name in await stack.database.list_collection_names():
        found += [json.dumps(each, default=str) async for each in stack.database[name].find({})]
    return "\n".join(found)


async def test_an_address_counts_once_its_code_came_back_and_the_mailbox_is_told(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    await begin_address(stack, agent)
    held = await factors(stack, agent)
    assert (held.recovery_address, held.recovery_address_pending) == ("", OUTSIDE)
    (letter,) = await postman.round()
    assert (letter.to, letter.sender) == (OUTSIDE, "<>")
    assert "agent (agent@economie.gouv.tg)" in letter.text
    assert f"/account/recovery?code={letter.code}" in letter.text
    assert letter.text.index("Bonjour") < letter.text.index("Hello")
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["From"].addresses[0].addr_spec == "ne-pas-repondre@gouv.tg"
    (identity,) = postman.identities
    assert identity.of_platform
    assert (identity.grants, identity.scopes) == ((), frozenset())
    with pytest.raises(Unauthenticated):
        await confirm_address(stack, agent, "00000-00000")
    await confirm_address(stack, agent, letter.code.upper().replace("-", " "))
    held = await factors(stack, agent)
    assert (held.recovery_address, held.recovery_address_pending) == (OUTSIDE, "")
    (news,) = await postman.round()
    assert news.to == ADDRESS
    assert "adresse de secours" in news.text
    assert OUTSIDE not in news.text
    with pytest.raises(PreconditionFailed):
        await confirm_address(stack, agent, letter.code)


async def test_the_address_before_is_told_when_it_is_replaced_or_removed(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    await begin_address(stack, agent, "autre@exemple.org")
    (letter,) = await postman.round()
    assert (await factors(stack, agent)).recovery_address == OUTSIDE
    await confirm_address(stack, agent, letter.code)
    assert {news.to for news in await postman.round()} == {ADDRESS, OUTSIDE}
    await stack.gateway.recovery.RemoveRecoveryAddress(rec.RemoveRecoveryAddressRequest(), **agent.said)
    removed = await postman.round()
    assert {news.to for news in removed} == {ADDRESS, "autre@exemple.org"}
    assert "retirée" in removed[0].text
    assert (await factors(stack, agent)).recovery_address == ""
    await stack.gateway.recovery.RemoveRecoveryAddress(rec.RemoveRecoveryAddressRequest(), **agent.said)
    assert await postman.round() == []
    await start(stack)
    assert await postman.round() == []


async def test_no_fact_and_no_record_holds_the_address_or_a_code(stack: Stack, land: Land, postman: Postman) -> None:
    agent = land.economy_agent
    await begin_address(stack, agent)
    waiting = await kept(stack)
    (letter,) = await postman.round()
    await confirm_address(stack, agent, letter.code)
    await start(stack)
    asked = await kept(stack)
    link = next(each for each in await postman.round() if each.to == OUTSIDE)
    told = await everything_told(stack)
    for secret in (letter.code, letter.code.replace("-", ""), link.code, link.code.replace("-", "")):
        assert secret not in waiting + asked + await kept(stack)
    assert OUTSIDE not in told + waiting + asked + await kept(stack)
    acts = [json.loads(body)["data"] for body in told.splitlines()]
    done = [each["act"] for each in acts if "act" in each and each.get("target_id") == agent.account.id]
    assert {"begin_recovery_address", "set_recovery_address", "send_reset_letter"} <= set(done)
    changed = [each for each in acts if each.get("kind") == "recovery_address"]
    assert [(each["account_id"], each["change"]) for each in changed] == [(agent.account.id, "set")]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (ADDRESS, "your own"), ("Agent+a@Economie.gouv.tg", "your own"), ("alias@economie.gouv.tg", "your own"),
        ("", "mail"), ("nobody", "mail"), ("a@b", "domain"), ("a b@exemple.org", "mail"),
        ("a@exemple.org\r\nBcc: x@y.z", "mail"), ("a%b@exemple.org", "mail"), ("@exemple.org", "mail"),
        ("é@exemple.org", "mail"), ("a" * 65 + "@exemple.org", "mail"), ("x" * 600, "254"),
    ],
)  # fmt: skip
async def test_what_is_ones_own_or_no_address_is_refused(stack: Stack, land: Land, address: str, why: str) -> None:
    agent = land.economy_agent
    agent.account.aliases.append("alias@economie.gouv.tg")
    await stack.update(land.economy_administrator, agent.account, "aliases")
    with pytest.raises(InvalidInput) as refusal:
        await begin_address(stack, agent, address)
    assert why in json.dumps(dict(refusal.value.fields)) or why in refusal.value.detail


@given(st.text(max_size=300))
def test_whatever_is_typed_an_address_is_one_line_of_ascii_or_refused(typed: str) -> None:
    account = Account("a", ADDRESS, "Agent", datetime.now(UTC))
    try:
        taken = recovery_address(typed, account)
    except InvalidInput:
        return
    assert taken.isascii()
    assert re.fullmatch(r"[^\s@<>,;:()\"\\]+@[a-z0-9.-]+", taken)


async def test_it_wants_a_login_of_late_and_the_second_factor_where_there_is_one(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    weak = Person(agent.account, await stack.log_in(ADDRESS))
    secret, _ = await enrol(stack, agent)
    with pytest.raises(LoginTooOld):
        await begin_address(stack, weak)
    with pytest.raises(LoginTooOld):
        await stack.gateway.recovery.RemoveRecoveryAddress(rec.RemoveRecoveryAddressRequest(), **weak.said)
    session = await confirm(stack, await challenge(stack), code=code_at(secret, stack.clock()))
    strong = Person(agent.account, session)
    await with_address(stack, postman, strong)
    stack.clock.pass_by(minutes=16)
    with pytest.raises(LoginTooOld):
        await begin_address(stack, strong, "autre@exemple.org")


async def test_a_code_to_an_address_is_good_for_an_hour_and_five_a_day_are_sent(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    for number in range(5):
        await begin_address(stack, agent, f"essai{number}@exemple.org")
    with pytest.raises(TooManyRequests):
        await begin_address(stack, agent)
    letters = await postman.round()
    with pytest.raises(Unauthenticated):
        await confirm_address(stack, agent, letters[0].code)  # another was begun since
    last = next(each for each in letters if each.to == "essai4@exemple.org")
    await stack.database["factors"].update_one(
        {"_id": agent.account.id}, {"$set": {"recovery.until": stack.clock() - timedelta(seconds=1)}}
    )
    with pytest.raises(PreconditionFailed):
        await confirm_address(stack, agent, last.code)


async def test_while_mail_is_away_letters_wait_and_are_dropped_when_over(
    stack: Stack, land: Land, postman: Postman
) -> None:
    agent = land.economy_agent
    await with_address(stack, postman, agent)
    postman.refuse[OUTSIDE] = "451 4.3.2 later"
    await start(stack)
    assert await postman.round() == []
    (waiting,) = [each async for each in stack.database["letters"].find({})]
    assert waiting["tries"] == 1
    assert OUTSIDE not in repr(waiting)
    assert await postman.round() == []  # not due yet
    postman.refuse.clear()
    stack.clock.pass_by(seconds=3)
    (letter,) = await postman.round()
    assert await stack.database["letters"].count_documents({}) == 0
    await reset(stack, letter.code)
    await start(stack)
    postman.refuse[OUTSIDE] = "451 4.3.2 later"
    await postman.round()
    stack.clock.pass_by(minutes=40)
    postman.refuse.clear()
    assert await postman.round() == []
    assert await stack.database["letters"].count_documents({}) == 0


async def test_a_letter_that_nobody_takes_is_tried_once(stack: Stack, land: Land, postman: Postman) -> None:
    postman.refuse["personne@gouv.tg"] = "550 5.1.1 nobody"
    await begin_address(stack, land.economy_agent, "personne@gouv.tg")
    await begin_address(stack, land.health_agent)
    (letter,) = await postman.round()
    assert letter.to == OUTSIDE
    assert await stack.database["letters"].count_documents({}) == 0


async def test_a_server_that_is_not_ours_is_told_nothing(stack: Stack, land: Land, postman: Postman) -> None:
    """Its certificate is of no authority that we trust: neither the token nor a letter goes there."""
    await begin_address(stack, land.economy_agent)
    posting = LetterPosting(postman.server, None)
    stranger = replace(stack.directory, mailing=replace(stack.directory.mailing, post=posting.post))
    await send_letters(stranger)
    assert (postman.arrived, postman.identities) == ([], [])
    assert await stack.database["letters"].count_documents({}) == 1


async def test_an_erased_persons_letters_are_gone(stack: Stack, land: Land) -> None:
    await begin_address(stack, land.economy_agent)
    await stack.directory.erasure.erase(land.economy_agent.account.id)
    assert await stack.database["letters"].count_documents({}) == 0
