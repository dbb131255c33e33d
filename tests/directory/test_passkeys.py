"""Passkeys: instead of a password, or after one; each ceremony once, for our pages only, by the right account."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workspace.directory.v1 import credentials_pb2, directory_pb2

from chassis.errors import (
    AlreadyExists,
    InvalidInput,
    NotFound,
    SecondFactorRequired,
    TooManyRequests,
    Unauthenticated,
)
from services.directory import passkeys
from services.directory.domain.policy import Policy
from services.directory.domain.sessions import MULTI_FACTOR
from tests.directory.authenticator import Authenticator, b64
from tests.directory.conftest import Land, Person, Stack
from tests.directory.test_second_factors import acr_of, challenge, confirm

ADDRESS = "agent@economie.gouv.tg"


async def registered(stack: Stack, person: Person, **how: object) -> tuple[Authenticator, list[str]]:
    """A passkey of an account, and the recovery codes that came with it."""
    key = Authenticator(**how)
    begun = await begin_registration(stack, person)
    made = await finish_registration(stack, person, begun.state, key.create(begun.options_json))
    return key, list(made.recovery_codes)


async def begin_registration(stack: Stack, person: Person) -> directory_pb2.PasskeyCeremony:
    request = credentials_pb2.BeginPasskeyRegistrationRequest()
    return await stack.gateway.credentials.BeginPasskeyRegistration(request, **person.said)


async def finish_registration(stack: Stack, person: Person, state: str, answer: str) -> credentials_pb2.PasskeyMade:
    request = credentials_pb2.FinishPasskeyRegistrationRequest(
        state=state, credential_json=answer, name="Clé de service"
    )
    return await stack.gateway.credentials.FinishPasskeyRegistration(request, **person.said)


async def begin(stack: Stack, challenge: str = "", address: str = "") -> directory_pb2.PasskeyCeremony:
    return await stack.gateway.sessions.BeginPasskey(
        directory_pb2.BeginPasskeyRequest(challenge=challenge, address=address)
    )


async def finish(stack: Stack, state: str, answer: str, remote: str = "") -> directory_pb2.Session:
    metadata = (("workspace-remote-address", remote),) if remote else ()
    request = directory_pb2.FinishPasskeyRequest(state=state, credential_json=answer)
    return await stack.gateway.sessions.FinishPasskey(request, metadata=metadata)


async def test_a_passkey_logs_in_without_a_password(stack: Stack, land: Land) -> None:
    key, codes = await registered(stack, land.economy_agent)
    assert len(codes) == 10
    for _ in range(2):
        begun = await begin(stack)
        session = await finish(stack, begun.state, key.get(begun.options_json))
        assert await acr_of(stack, session.access_token) == (MULTI_FACTOR, ("hwk", "user", "mfa"))
    listing = credentials_pb2.ListPasskeysRequest()
    (listed,) = (await stack.gateway.credentials.ListPasskeys(listing, **land.economy_agent.said)).passkeys
    assert (listed.name, listed.id) == ("Clé de service", b64(key.id))
    assert listed.HasField("last_used_at")


async def test_a_passkey_is_the_second_factor_of_a_password(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent, verifies=False)
    with pytest.raises(SecondFactorRequired) as refusal:
        await stack.log_in(ADDRESS)
    assert refusal.value.fields["methods"] == "recovery_code passkey"
    given = refusal.value.fields["challenge"]
    begun = await begin(stack, given)
    assert [each["id"] for each in json.loads(begun.options_json)["allowCredentials"]] == [b64(key.id)]
    session = await confirm(stack, given, passkey=key.get(begun.options_json), state=begun.state)
    assert await acr_of(stack, session.access_token) == (MULTI_FACTOR, ("pwd", "hwk", "mfa"))


async def test_a_ceremony_is_good_once_even_of_a_key_that_counts_nothing(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent)
    begun = await begin(stack)
    key.count = -1
    answer = key.get(begun.options_json)
    assert (await finish(stack, begun.state, answer)).access_token
    with pytest.raises(Unauthenticated):
        await finish(stack, begun.state, answer)
    key.count = -1
    with pytest.raises(Unauthenticated):
        await finish(stack, begun.state, key.get(begun.options_json))


async def test_a_count_that_goes_back_is_refused_and_kept_in_the_log(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent)
    begun = await begin(stack)
    key.count = 7
    await finish(stack, begun.state, key.get(begun.options_json))
    for count in (3, 7):
        key.count = count
        begun = await begin(stack)
        with pytest.raises(Unauthenticated):
            await finish(stack, begun.state, key.get(begun.options_json))
    document = await stack.database["factors"].find_one({"_id": land.economy_agent.account.id})
    acts = [json.loads(entry["body"])["data"] for entry in document["outbox"]]
    assert [act["outcome"] for act in acts if act.get("act") == "use_passkey"] == ["refused", "refused"]


async def test_without_a_password_the_key_has_to_verify_its_user(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent, verifies=False)
    begun = await begin(stack)
    assert json.loads(begun.options_json)["userVerification"] == "required"
    with pytest.raises(Unauthenticated):
        await finish(stack, begun.state, key.get(begun.options_json))


@pytest.mark.parametrize(
    "how",
    [
        {"origin": "http://localhost:8080.evil.tg"}, {"origin": "https://localhost:8080"}, {"origin": "null"},
        {"domain": "evil.tg"}, {"user": b"01M8000000000000000000000A"},
    ],
)  # fmt: skip
async def test_what_was_signed_for_other_pages_or_others_is_refused(
    stack: Stack, land: Land, how: dict[str, object]
) -> None:
    key, _ = await registered(stack, land.economy_agent)
    for name, value in how.items():
        setattr(key, name, value)
    begun = await begin(stack)
    with pytest.raises(Unauthenticated) as refusal:
        await finish(stack, begun.state, key.get(begun.options_json))
    assert refusal.value.detail == "The passkey was not recognised"


async def test_another_challenge_another_key_and_another_signature_are_refused(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent)
    other = Authenticator(id=key.id, user=key.user)
    begun, later = await begin(stack), await begin(stack)
    for answer in (
        key.get(later.options_json),
        other.get(begun.options_json),
        key.get(begun.options_json, signature=b64(b"0" * 70)),
        key.get(begun.options_json, signature=""),
        Authenticator().get(begun.options_json),
    ):
        with pytest.raises(Unauthenticated):
            await finish(stack, begun.state, answer)


async def test_one_accounts_key_is_no_second_factor_of_another(stack: Stack, land: Land) -> None:
    await registered(stack, land.economy_agent)
    foreign, _ = await registered(stack, land.health_agent)
    given = await challenge(stack)
    begun = await begin(stack, given)
    with pytest.raises(Unauthenticated):
        await confirm(stack, given, passkey=foreign.get(begun.options_json), state=begun.state)


async def test_ceremonies_of_one_kind_are_of_no_use_in_another(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent)
    given = await challenge(stack)
    second, alone = await begin(stack, given), await begin(stack)
    registering = await begin_registration(stack, land.economy_agent)
    with pytest.raises(Unauthenticated):
        await finish(stack, second.state, key.get(second.options_json))
    with pytest.raises(Unauthenticated):
        await confirm(stack, given, passkey=key.get(alone.options_json), state=alone.state)
    with pytest.raises(Unauthenticated):
        await confirm(stack, await challenge(stack), passkey=key.get(second.options_json), state=second.state)
    for state in (registering.state, given, "x", "", "é" * 5000):
        with pytest.raises(Unauthenticated):
            await finish(stack, state, key.get(alone.options_json))


async def test_the_options_say_nothing_of_an_address(stack: Stack, land: Land) -> None:
    """Nobody learns from them who exists, nor who has a passkey."""
    await registered(stack, land.economy_agent)
    told = []
    for address in ("", ADDRESS, "agent@sante.gouv.tg", "personne@gouv.tg"):
        begun = await begin(stack, address=address)
        options = json.loads(begun.options_json)
        options.pop("challenge")
        told.append((options, len(begun.state)))
    assert all(each == told[0] for each in told)


async def test_a_suspended_account_is_out_with_its_passkey_too(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent)
    request = directory_pb2.SuspendAccountRequest(id=land.economy_agent.account.id)
    await stack.cli.accounts.SuspendAccount(request, **land.economy_administrator.said)
    begun = await begin(stack)
    with pytest.raises(Unauthenticated):
        await finish(stack, begun.state, key.get(begun.options_json))


async def test_guesses_at_the_password_do_not_keep_a_passkey_out(stack: Stack, land: Land) -> None:
    """A minister is not locked out by who knows the address."""
    key, _ = await registered(stack, land.economy_agent)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await stack.log_in(ADDRESS, "wrong password", "203.0.113.9")
    with pytest.raises(TooManyRequests):
        await stack.log_in(ADDRESS, remote="198.51.100.4")
    begun = await begin(stack)
    assert (await finish(stack, begun.state, key.get(begun.options_json), "198.51.100.4")).access_token


async def test_a_place_that_sends_many_wrong_answers_waits(stack: Stack, land: Land) -> None:
    key, _ = await registered(stack, land.economy_agent)
    begun = await begin(stack)
    for _ in range(100):
        with pytest.raises(Unauthenticated):
            await finish(stack, begun.state, "{}", "203.0.113.9")
    with pytest.raises(TooManyRequests):
        await finish(stack, begun.state, key.get(begun.options_json), "203.0.113.9")


async def test_a_passkey_is_registered_once_by_whom_it_was_begun(stack: Stack, land: Land) -> None:
    key = Authenticator()
    begun = await begin_registration(stack, land.economy_agent)
    answer = key.create(begun.options_json)
    with pytest.raises(Unauthenticated):
        await finish_registration(stack, land.health_agent, begun.state, answer)
    await finish_registration(stack, land.economy_agent, begun.state, answer)
    with pytest.raises(Unauthenticated):
        await finish_registration(stack, land.economy_agent, begun.state, answer)
    again = await begin_registration(stack, land.economy_agent)
    excluded = json.loads(again.options_json)["excludeCredentials"]
    assert [each["id"] for each in excluded] == [b64(key.id)]
    with pytest.raises(AlreadyExists):
        await finish_registration(stack, land.economy_agent, again.state, key.create(again.options_json))
    stolen = await begin_registration(stack, land.health_agent)
    with pytest.raises(AlreadyExists):
        await finish_registration(stack, land.health_agent, stolen.state, key.create(stolen.options_json))


async def test_a_forgotten_passkey_logs_in_no_more(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    key, _ = await registered(stack, agent)
    delete = credentials_pb2.DeletePasskeyRequest(id=b64(key.id))
    with pytest.raises(NotFound):
        await stack.gateway.credentials.DeletePasskey(delete, **land.health_agent.said)
    await stack.gateway.credentials.DeletePasskey(delete, **agent.said)
    begun = await begin(stack)
    with pytest.raises(Unauthenticated):
        await finish(stack, begun.state, key.get(begun.options_json))
    assert (await stack.log_in(ADDRESS)).access_token


@settings(max_examples=200)
@given(
    st.one_of(
        st.text(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "attestationObject", "x"]), inner
            ),
        ).map(json.dumps),
        st.builds(
            lambda data, kind: json.dumps(
                {
                    "id": "AAAA", "rawId": "AAAA", "type": "public-key",
                    "response": {"clientDataJSON": b64(data), "attestationObject": b64(kind), "authenticatorData": b64(
                        data), "signature": b64(kind)},
                }
            ),
            st.binary(max_size=200),
            st.binary(max_size=200),
        ),
    )
)  # fmt: skip
def test_whatever_a_browser_answers_it_is_refused_and_nothing_breaks(answer: str) -> None:
    with pytest.raises(InvalidInput):
        passkeys.registered(Policy(), b"n" * 32, answer)
    credential = passkeys.answered(answer)
    if credential is not None:
        from services.directory.domain.factors import Passkey
        from tests.directory.conftest import Clock

        passkey = Passkey("AAAA", b"\xa0", 0, "x", Clock()())
        assert passkeys.signed(Policy(), b"n" * 32, credential, passkey) is None


@pytest.mark.parametrize("answer", ["[" * 100_000, "{" * 20_000, '{"id":' * 5000, "\x00", "9" * 5000, b64(b"\x9f" * 9)])
def test_what_would_break_a_parser_is_refused(answer: str) -> None:
    assert passkeys.answered(answer) is None
    with pytest.raises(InvalidInput):
        passkeys.registered(Policy(), b"n" * 32, answer)


async def test_a_passkey_is_called_otherwise_by_its_owner(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    await registered(stack, agent)
    listing = credentials_pb2.ListPasskeysRequest()
    (one,) = (await stack.gateway.credentials.ListPasskeys(listing, **agent.said)).passkeys
    renaming = credentials_pb2.RenamePasskeyRequest(id=one.id, name="  Clé  du bureau ")
    assert (await stack.gateway.credentials.RenamePasskey(renaming, **agent.said)).name == "Clé du bureau"
    (one,) = (await stack.gateway.credentials.ListPasskeys(listing, **agent.said)).passkeys
    assert one.name == "Clé du bureau"
    for wrong in ("x" * 61, "a\nb"):
        with pytest.raises(InvalidInput):
            await stack.gateway.credentials.RenamePasskey(
                credentials_pb2.RenamePasskeyRequest(id=one.id, name=wrong), **agent.said
            )
    with pytest.raises(NotFound):
        await stack.gateway.credentials.RenamePasskey(renaming, **land.health_agent.said)
