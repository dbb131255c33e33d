"""Codes of authenticator applications and recovery codes: a password alone does not log in, and nothing goes around."""

import json
import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from workspace.directory.v1 import credentials_pb2, directory_pb2

from chassis.errors import (
    Forbidden,
    InvalidInput,
    LoginTooOld,
    NotFound,
    PreconditionFailed,
    SecondFactorRequired,
    TooManyRequests,
    Unauthenticated,
)
from chassis.identity import TokenVerifier
from services.directory.domain.sessions import MULTI_FACTOR, SINGLE_FACTOR
from tests.directory.conftest import PASSWORD, Land, Person, Stack, bearer

ADDRESS = "agent@economie.gouv.tg"
HOME, ELSEWHERE = "10.1.1.1", "203.0.113.9"


def code_at(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


async def enrol(stack: Stack, person: Person) -> tuple[str, list[str]]:
    """The secret of an authenticator application, and the recovery codes that came with it."""
    credentials = stack.gateway.credentials
    # In an earlier time step, for a step is good once; back in the present, for tokens are not from the future.
    stack.clock.pass_by(seconds=-60)
    begun = await credentials.BeginTotp(credentials_pb2.BeginTotpRequest(), **person.said)
    code = code_at(begun.secret, stack.clock())
    done = await credentials.ConfirmTotp(credentials_pb2.ConfirmTotpRequest(code=code), **person.said)
    stack.clock.pass_by(seconds=60)
    return begun.secret, list(done.codes)


async def challenge(stack: Stack, address: str = ADDRESS, remote: str = "") -> str:
    with pytest.raises(SecondFactorRequired) as refusal:
        await stack.log_in(address, remote=remote)
    return refusal.value.fields["challenge"]


async def confirm(stack: Stack, challenge: str, remote: str = "", **factor: str) -> directory_pb2.Session:
    request = directory_pb2.ConfirmSessionRequest(challenge=challenge, **factor)
    metadata = (("workspace-remote-address", remote),) if remote else ()
    return await stack.gateway.sessions.ConfirmSession(request, metadata=metadata)


async def acr_of(stack: Stack, token: str) -> tuple[str, tuple[str, ...]]:
    async def keys() -> list[dict[str, str]]:
        answer = await stack.gateway.sessions.GetKeys(directory_pb2.GetKeysRequest())
        return [{"kid": k.kid, "kty": k.kty, "crv": k.crv, "x": k.x, "alg": k.alg, "use": k.use} for k in answer.keys]

    identity = await TokenVerifier(keys).verify(token)
    return identity.acr, identity.amr


async def acts(stack: Stack, of: Person) -> list[str]:
    """What the audit log is told of an account's factors."""
    document = await stack.database["factors"].find_one({"_id": of.account.id})
    envelopes = [json.loads(entry["body"]) for entry in document["outbox"]]
    return [each["data"]["act"] for each in envelopes if each["type"] == "act_recorded"]


async def test_an_application_is_enrolled_and_asked_for_from_then_on(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    credentials = stack.gateway.credentials
    stack.clock.pass_by(seconds=-60)
    begun = await credentials.BeginTotp(credentials_pb2.BeginTotpRequest(), **agent.said)
    shown = urlsplit(begun.uri)
    assert (shown.scheme, shown.netloc) == ("otpauth", "totp")
    assert parse_qs(shown.query)["secret"] == [begun.secret]
    assert begun.qr_svg.startswith("<svg")
    assert "<script" not in begun.qr_svg
    assert (await stack.log_in(ADDRESS)).access_token
    assert (await acr_of(stack, agent.session.access_token))[0] == SINGLE_FACTOR
    done = await credentials.ConfirmTotp(
        credentials_pb2.ConfirmTotpRequest(code=code_at(begun.secret, stack.clock())), **agent.said
    )
    assert len(set(done.codes)) == 10
    with pytest.raises(SecondFactorRequired) as refusal:
        await stack.log_in(ADDRESS)
    assert refusal.value.fields["methods"] == "totp recovery_code"
    stack.clock.pass_by(seconds=60)
    session = await confirm(stack, refusal.value.fields["challenge"], code=code_at(begun.secret, stack.clock()))
    assert await acr_of(stack, session.access_token) == (MULTI_FACTOR, ("pwd", "otp", "mfa"))
    held = await credentials.GetFactors(credentials_pb2.GetFactorsRequest(), metadata=bearer(session.access_token))
    assert held.HasField("totp_since")
    assert held.recovery_codes_left == 10


async def test_the_session_that_enrolled_is_strong_from_its_next_token_on(stack: Stack, land: Land) -> None:
    await enrol(stack, land.economy_agent)
    request = directory_pb2.RefreshSessionRequest(refresh_token=land.economy_agent.session.refresh_token)
    session = await stack.gateway.sessions.RefreshSession(request)
    assert (await acr_of(stack, session.access_token))[0] == MULTI_FACTOR


async def test_a_code_is_good_once_and_an_earlier_one_not_after_it(stack: Stack, land: Land) -> None:
    secret, _ = await enrol(stack, land.economy_agent)
    now = code_at(secret, stack.clock())
    stack.clock.pass_by(seconds=30)
    later = code_at(secret, stack.clock())
    await confirm(stack, await challenge(stack), code=later)
    for replayed in (later, now):
        with pytest.raises(Unauthenticated):
            await confirm(stack, await challenge(stack), code=replayed)


@pytest.mark.parametrize(
    "code",
    ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "000000 OR", "-12345", "x" * 10_000],
)
async def test_what_is_no_code_is_refused(stack: Stack, land: Land, code: str) -> None:
    await enrol(stack, land.economy_agent)
    with pytest.raises(Unauthenticated):
        await confirm(stack, await challenge(stack), code=code)


async def test_who_knows_the_password_cannot_guess_codes_beyond_the_lockout(stack: Stack, land: Land) -> None:
    secret, _ = await enrol(stack, land.economy_agent)
    wrong = "000000" if code_at(secret, stack.clock()) != "000000" else "000001"
    # A new right password before each guess: were it to forgive, guessing would be free.
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await confirm(stack, await challenge(stack, remote=ELSEWHERE), ELSEWHERE, code=wrong)
    with pytest.raises(TooManyRequests):
        await stack.log_in(ADDRESS, remote=ELSEWHERE)


async def test_a_challenge_waits_with_the_account_whichever_factor_is_tried(stack: Stack, land: Land) -> None:
    secret, codes = await enrol(stack, land.economy_agent)
    given = await challenge(stack)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await confirm(stack, given, recovery_code="00000-00000")
    for factor in ({"code": code_at(secret, stack.clock())}, {"recovery_code": codes[0]}, {"passkey": "{}"}):
        with pytest.raises(TooManyRequests):
            await confirm(stack, given, **factor)
    with pytest.raises(TooManyRequests):
        await stack.verify(ADDRESS)
    stack.clock.pass_by(seconds=3)
    assert (await confirm(stack, given, recovery_code=codes[0])).access_token


async def test_a_password_does_not_make_a_place_a_home_before_the_second_factor(stack: Stack, land: Land) -> None:
    """Or whoever knows it would get tries of its own there."""
    await enrol(stack, land.economy_agent)
    await challenge(stack, remote=ELSEWHERE)
    agent = f"account:{land.economy_agent.account.id}"
    assert not await stack.directory.tries.knows(agent, ELSEWHERE, stack.clock())


async def test_a_recovery_code_is_good_once_however_it_is_typed(stack: Stack, land: Land) -> None:
    _, codes = await enrol(stack, land.economy_agent)
    typed = codes[3].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    session = await confirm(stack, await challenge(stack), recovery_code=f" {typed} ")
    assert (await acr_of(stack, session.access_token))[0] == MULTI_FACTOR
    with pytest.raises(Unauthenticated):
        await confirm(stack, await challenge(stack), recovery_code=codes[3])
    factors = await stack.directory.factors.find(land.economy_agent.account.id)
    assert len(factors.recovery_codes) == 9
    document = await stack.database["factors"].find_one({"_id": land.economy_agent.account.id})
    assert not any(code.replace("-", "") in repr(document) for code in codes)


async def test_new_recovery_codes_void_those_of_before(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    request = credentials_pb2.CreateRecoveryCodesRequest()
    with pytest.raises(PreconditionFailed):
        await stack.gateway.credentials.CreateRecoveryCodes(request, **agent.said)
    _, old = await enrol(stack, agent)
    new = (await stack.gateway.credentials.CreateRecoveryCodes(request, **agent.said)).codes
    with pytest.raises(Unauthenticated):
        await confirm(stack, await challenge(stack), recovery_code=old[0])
    assert (await confirm(stack, await challenge(stack), recovery_code=new[0])).access_token


async def test_the_secret_is_sealed_in_the_database(stack: Stack, land: Land) -> None:
    secret, _ = await enrol(stack, land.economy_agent)
    document = await stack.database["factors"].find_one({"_id": land.economy_agent.account.id})
    assert re.fullmatch(r"k1\.[A-Za-z0-9_=-]+", document["totp"]["sealed"])
    assert secret not in repr(document)


@pytest.mark.parametrize("given", ["", "x", "é" * 5000, "k1.AAAA", "k9." + "A" * 80, "k1." + "!" * 80])
async def test_a_challenge_that_we_did_not_make_is_refused(stack: Stack, land: Land, given: str) -> None:
    with pytest.raises(Unauthenticated):
        await confirm(stack, given, code="123456")


async def test_a_challenge_is_over_after_five_minutes_and_with_a_new_password(stack: Stack, land: Land) -> None:
    secret, _ = await enrol(stack, land.economy_agent)
    given = await challenge(stack)
    stack.clock.pass_by(minutes=6)
    with pytest.raises(Unauthenticated):
        await confirm(stack, given, code=code_at(secret, stack.clock()))
    given = await challenge(stack)
    new = directory_pb2.SetPasswordRequest(id=land.economy_agent.account.id, new_password="an entirely new one")
    await stack.cli.accounts.SetPassword(new, **land.economy_administrator.said)
    with pytest.raises(Unauthenticated):
        await confirm(stack, given, code=code_at(secret, stack.clock()))


async def test_a_challenge_needs_a_factor(stack: Stack, land: Land) -> None:
    await enrol(stack, land.economy_agent)
    with pytest.raises(InvalidInput):
        await confirm(stack, await challenge(stack))


async def test_an_account_with_a_second_factor_opens_no_mailbox_with_its_own_password(stack: Stack, land: Land) -> None:
    await stack.verify(ADDRESS)
    await enrol(stack, land.economy_agent)
    for _ in range(8):  # right, though not here: no guess, and nobody is locked out by it
        with pytest.raises(Unauthenticated) as refusal:
            await stack.verify(ADDRESS)
        assert refusal.value.detail == "Wrong address or password"
    assert await challenge(stack)


async def test_the_first_second_factor_ends_what_the_own_password_had_opened_and_nothing_that_comes_later(
    stack: Stack, land: Land
) -> None:
    agent = land.economy_agent

    async def ended() -> set[str]:
        answer = await stack.mail.sessions.ListRevocations(directory_pb2.ListRevocationsRequest())
        return {each.session_id for each in answer.revocations}

    opened = (await stack.verify(ADDRESS)).session_id
    assert opened not in await ended()
    secret, _ = await enrol(stack, agent)
    told = [each for each in await stack.facts("factors", agent.account.id) if each["type"] == "session_revoked"]
    assert [each["data"]["session_id"] for each in told] == [opened]
    assert opened in await ended()
    # Taken away again, the password opens protocols, and stands for something that nobody has ended.
    await stack.gateway.credentials.RemoveTotp(credentials_pb2.RemoveTotpRequest(), **agent.said)
    again = (await stack.verify(ADDRESS)).session_id
    assert again not in await ended() | {opened}
    assert (await stack.verify(ADDRESS)).session_id == again
    await enrol(stack, agent)
    assert {opened, again} & await ended() >= {again}
    assert secret


async def test_every_change_of_a_credential_is_told_with_its_kind_and_no_secret(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    said, credentials = agent.said, stack.gateway.credentials
    secret, codes = await enrol(stack, agent)
    await credentials.CreateRecoveryCodes(credentials_pb2.CreateRecoveryCodesRequest(), **said)
    app = await credentials.CreateAppPassword(
        credentials_pb2.CreateAppPasswordRequest(protocol="imap", label="Téléphone"), **said
    )
    await credentials.DeleteAppPassword(credentials_pb2.DeleteAppPasswordRequest(id=app.app_password.id), **said)
    await credentials.RemoveTotp(credentials_pb2.RemoveTotpRequest(), **said)
    new = directory_pb2.SetPasswordRequest(current_password=PASSWORD, new_password="an entirely new one")
    await stack.gateway.accounts.SetPassword(new, **said)
    bodies, changed = [], []
    for name in ("accounts", "factors", "app_passwords"):
        async for document in stack.database[name].find({"pending": 1}):
            bodies += [entry["body"] for entry in document["outbox"]]
    for body in bodies:
        envelope = json.loads(body)
        if envelope["type"] == "credential_changed" and envelope["data"]["account_id"] == agent.account.id:
            changed.append((envelope["data"]["kind"], envelope["data"]["change"]))
    assert sorted(changed) == [
        ("app_password", "removed"), ("app_password", "set"), ("password", "set"), ("recovery_codes", "set"),
        ("totp", "removed"), ("totp", "set"),
    ]  # fmt: skip
    for hidden in (secret, codes[0], app.secret, "an entirely new one", "argon2"):
        assert not [body for body in bodies if hidden in body]


async def test_removing_the_application_takes_the_recovery_codes_with_it(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    await enrol(stack, agent)
    await stack.gateway.credentials.RemoveTotp(credentials_pb2.RemoveTotpRequest(), **agent.said)
    assert (await stack.log_in(ADDRESS)).access_token
    held = await stack.gateway.credentials.GetFactors(credentials_pb2.GetFactorsRequest(), **agent.said)
    assert not held.recovery_codes_left
    assert not held.HasField("totp_since")


async def test_a_login_of_long_ago_changes_no_factor(stack: Stack, land: Land) -> None:
    credentials, said = stack.gateway.credentials, land.economy_agent.said
    stack.clock.pass_by(minutes=14)
    await credentials.BeginTotp(credentials_pb2.BeginTotpRequest(), **said)
    stack.clock.pass_by(minutes=2)
    for call in (
        credentials.BeginTotp(credentials_pb2.BeginTotpRequest(), **said),
        credentials.RemoveTotp(credentials_pb2.RemoveTotpRequest(), **said),
        credentials.CreateAppPassword(credentials_pb2.CreateAppPasswordRequest(protocol="imap", label="x"), **said),
        credentials.BeginPasskeyRegistration(credentials_pb2.BeginPasskeyRegistrationRequest(), **said),
        credentials.CreateRecoveryCodes(credentials_pb2.CreateRecoveryCodesRequest(), **said),
    ):
        with pytest.raises(LoginTooOld):
            await call


async def test_a_wrong_first_code_keeps_the_application_waiting(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    with pytest.raises(PreconditionFailed):
        await stack.gateway.credentials.ConfirmTotp(credentials_pb2.ConfirmTotpRequest(code="123456"), **agent.said)
    begun = await stack.gateway.credentials.BeginTotp(credentials_pb2.BeginTotpRequest(), **agent.said)
    with pytest.raises(Unauthenticated):
        await stack.gateway.credentials.ConfirmTotp(credentials_pb2.ConfirmTotpRequest(code="12 34"), **agent.said)
    right = credentials_pb2.ConfirmTotpRequest(code=code_at(begun.secret, stack.clock()))
    assert (await stack.gateway.credentials.ConfirmTotp(right, **agent.said)).codes


async def test_the_help_desk_takes_lost_factors_away_and_no_administrators(
    stack: Stack, land: Land, administrator: Person
) -> None:
    agent, boss = land.economy_agent, land.economy_administrator
    desk = await stack.person(administrator, "assistance@economie.gouv.tg", land.economy.id)
    desk.account.roles.add(role=directory_pb2.ROLE_HELP_DESK, unit_id=land.economy.id)
    await stack.update(administrator, desk.account, "roles")
    desk = Person(desk.account, await stack.log_in(desk.account.address))
    await enrol(stack, agent)
    await enrol(stack, boss)
    reset = stack.cli.credentials.ResetFactors
    with pytest.raises(Forbidden):
        await reset(credentials_pb2.ResetFactorsRequest(account_id=boss.account.id), **desk.said)
    with pytest.raises(NotFound):
        await reset(credentials_pb2.ResetFactorsRequest(account_id=land.health_agent.account.id), **desk.said)
    with pytest.raises(Forbidden):
        await reset(credentials_pb2.ResetFactorsRequest(account_id=desk.account.id), **agent.said)
    await reset(credentials_pb2.ResetFactorsRequest(account_id=agent.account.id), **desk.said)
    assert (await stack.log_in(ADDRESS)).access_token
    assert await acts(stack, agent) == ["add_totp", "reset_factors"]


async def test_roles_that_want_a_second_factor_are_not_held_without_one(stack: Stack, land: Land) -> None:
    from dataclasses import replace

    policy = replace(stack.directory.policy, second_factor_roles=frozenset({"administrator"}))
    object.__setattr__(stack.directory, "policy", policy)
    stack.directory.keys._policy = policy
    address = land.economy_administrator.account.address
    weak = Person(land.economy_administrator.account, await stack.log_in(address))
    listing = directory_pb2.ListAccountsRequest()
    with pytest.raises(Forbidden):
        await stack.cli.accounts.ListAccounts(listing, **weak.said)
    # A token from before the policy is no way around it.
    old = land.economy_administrator
    assert not (await stack.cli.accounts.ListAccounts(listing, **old.said)).accounts
    secret, _ = await enrol(stack, weak)
    strong = await confirm(stack, await challenge(stack, address), code=code_at(secret, stack.clock()))
    found = await stack.cli.accounts.ListAccounts(listing, metadata=bearer(strong.access_token))
    assert [account.address for account in found.accounts] == [address, ADDRESS]
    held = await stack.cli.credentials.GetFactors(credentials_pb2.GetFactorsRequest(), **weak.said)
    assert held.second_factor_required


async def test_facts_of_factors_tell_no_secret(stack: Stack, land: Land) -> None:
    secret, codes = await enrol(stack, land.economy_agent)
    await confirm(stack, await challenge(stack), recovery_code=codes[0])
    assert await acts(stack, land.economy_agent) == ["add_totp", "use_recovery_code"]
    told = repr(await stack.database["factors"].find_one({"_id": land.economy_agent.account.id}, {"outbox": 1}))
    assert secret not in told
    assert not any(code in told or code.replace("-", "") in told for code in codes)
    assert PASSWORD not in told
