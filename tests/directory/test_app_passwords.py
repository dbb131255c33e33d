"""App passwords: shown once, for one protocol, without argon2id, revoked on their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import credentials_pb2, directory_pb2

from chassis.errors import InvalidInput, NotFound, PreconditionFailed, TooManyRequests, Unauthenticated
from services.directory.domain import codes
from tests.directory.conftest import PASSWORD, Land, Person, Stack
from tests.directory.test_authentication import verifications

ADDRESS = "agent@economie.gouv.tg"


async def made(stack: Stack, by: Person, protocol: str = "imap", label: str = "Téléphone") -> tuple[str, str]:
    """Id and secret."""
    request = credentials_pb2.CreateAppPasswordRequest(protocol=protocol, label=label)
    answer = await stack.gateway.credentials.CreateAppPassword(request, **by.said)
    return answer.app_password.id, answer.secret


async def verify(
    stack: Stack, password: str, protocol: str = "imap", address: str = ADDRESS, remote: str = ""
) -> directory_pb2.VerifyPasswordResponse:
    request = directory_pb2.VerifyPasswordRequest(
        address=address, password=password, protocol=protocol, remote_address=remote
    )
    return await stack.mail.sessions.VerifyPassword(request)


async def test_an_app_password_opens_its_protocol_without_argon2id(stack: Stack, land: Land) -> None:
    own, secret = await made(stack, land.economy_agent)
    before = verifications()
    for typed in (secret, secret.upper(), secret.replace("-", " ")):
        answer = await verify(stack, typed, remote="10.0.0.7")
        assert (answer.account_id, answer.session_id) == (land.economy_agent.account.id, own)
    assert verifications() == before
    for protocol in ("submission", "sieve", "ldap", "", "all"):
        with pytest.raises(Unauthenticated):
            await verify(stack, secret, protocol)
    stack.clock.pass_by(minutes=20)
    with pytest.raises(Unauthenticated):
        await verify(stack, secret, address="agent@sante.gouv.tg")
    with pytest.raises(Unauthenticated):
        await stack.log_in(ADDRESS, secret)
    listing = credentials_pb2.ListAppPasswordsRequest()
    (listed,) = (await stack.gateway.credentials.ListAppPasswords(listing, **land.economy_agent.said)).app_passwords
    assert (listed.label, listed.last_used_from) == ("Téléphone", "10.0.0.7")
    assert listed.HasField("last_used_at")


async def test_one_for_all_protocols_opens_each(stack: Stack, land: Land) -> None:
    _, secret = await made(stack, land.economy_agent, "all")
    for protocol in ("imap", "submission", "sieve", "dav", "ldap"):
        assert (await verify(stack, secret, protocol)).account_id


async def test_it_is_shown_once_and_kept_as_a_proof(stack: Stack, land: Land) -> None:
    own, secret = await made(stack, land.economy_agent)
    assert codes.read(secret, codes.APP_PASSWORD)
    document = await stack.database["app_passwords"].find_one({"_id": own})
    assert secret not in repr(document)
    assert secret.replace("-", "") not in repr(document)
    assert secret.replace("-", "") not in repr(await stack.facts("app_passwords", own))


async def test_a_revoked_one_opens_nothing_and_ends_what_it_opened(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    own, secret = await made(stack, agent)
    other, kept = await made(stack, agent)
    delete = credentials_pb2.DeleteAppPasswordRequest(id=own)
    with pytest.raises(NotFound):
        await stack.gateway.credentials.DeleteAppPassword(delete, **land.health_agent.said)
    await stack.gateway.credentials.DeleteAppPassword(delete, **agent.said)
    with pytest.raises(Unauthenticated):
        await verify(stack, secret)
    with pytest.raises(NotFound):
        await stack.gateway.credentials.DeleteAppPassword(delete, **agent.said)
    assert (await verify(stack, kept)).session_id == other
    revoked = (await stack.mail.sessions.ListRevocations(directory_pb2.ListRevocationsRequest())).revocations
    assert [(each.account_id, each.session_id) for each in revoked] == [(agent.account.id, own)]
    facts = await stack.facts("app_passwords", own)
    kinds = ["credential_changed", "credential_changed", "session_revoked"]
    assert [fact["type"] for fact in facts] == kinds


async def test_guesses_at_app_passwords_wait_with_those_at_passwords(stack: Stack, land: Land) -> None:
    _, secret = await made(stack, land.economy_agent)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await verify(stack, "0" * codes.APP_PASSWORD, remote="203.0.113.9")
    for password in (secret, PASSWORD):
        with pytest.raises(TooManyRequests):
            await verify(stack, password, remote="203.0.113.9")
    with pytest.raises(TooManyRequests):
        await stack.log_in(ADDRESS, remote="203.0.113.9")


async def test_a_program_that_logs_in_all_day_gives_who_guesses_beside_it_no_new_tries(
    stack: Stack, land: Land
) -> None:
    _, secret = await made(stack, land.economy_agent)
    for _ in range(5):
        await verify(stack, secret)
        with pytest.raises(Unauthenticated):
            await verify(stack, "wrong password")
    with pytest.raises(TooManyRequests):
        await verify(stack, secret)


async def test_every_failure_verifies_one_hash_whatever_it_looks_like(stack: Stack, land: Land) -> None:
    for address in (ADDRESS, "personne@gouv.tg"):
        for guess in ("0" * codes.APP_PASSWORD, "wrong password"):
            before = verifications()
            with pytest.raises(Unauthenticated) as refusal:
                await verify(stack, guess, address=address)
            assert refusal.value.detail == "Wrong address or password"
            assert verifications() - before == 1


async def test_a_suspended_account_is_out_with_it_too(stack: Stack, land: Land) -> None:
    _, secret = await made(stack, land.economy_agent)
    request = directory_pb2.SuspendAccountRequest(id=land.economy_agent.account.id)
    await stack.cli.accounts.SuspendAccount(request, **land.economy_administrator.said)
    with pytest.raises(Unauthenticated):
        await verify(stack, secret)


@pytest.mark.parametrize(
    ("protocol", "label", "field"),
    [("smtp", "x", "protocol"), ("", "x", "protocol"), ("imap", "", "label"), ("imap", "a\nb", "label"),
     ("imap", "x" * 101, "label")],
)  # fmt: skip
async def test_what_is_no_protocol_and_no_label_is_refused(
    stack: Stack, land: Land, protocol: str, label: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await made(stack, land.economy_agent, protocol, label)
    assert field in refusal.value.fields


async def test_an_account_has_fifty_at_most(stack: Stack, land: Land) -> None:
    for _ in range(50):
        await made(stack, land.economy_agent)
    with pytest.raises(PreconditionFailed):
        await made(stack, land.economy_agent)


@given(st.sampled_from([codes.APP_PASSWORD, codes.ONE_TIME, codes.RECOVERY]), st.randoms())
def test_a_code_is_read_however_it_is_typed(length: int, random: object) -> None:
    code = codes.made(length)
    shown = codes.shown(code)
    assert codes.read(shown, length) == code
    assert codes.read(f"  {shown.upper().replace('-', '‑')} ", length) == code
    assert codes.read(shown.replace("0", "o").replace("1", "I"), length) == code


@given(st.text(max_size=200))
def test_whatever_is_typed_reading_a_code_gives_one_or_nothing(typed: str) -> None:
    for length in (codes.APP_PASSWORD, codes.ONE_TIME, codes.RECOVERY):
        code = codes.read(typed, length)
        assert code is None or (len(code) == length and set(code) <= set(codes.ALPHABET))
