"""Access tokens: what is refused, what ends early, and how often keys are fetched."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from chassis.errors import Unauthenticated, Unavailable
from chassis.identity import Revocation, Revocations, TokenVerifier


async def test_a_good_token_tells_the_account_and_its_grants(signer: Any) -> None:
    token = signer.token(roles=[{"role": "administrator", "unit": "m1"}])
    identity = await TokenVerifier(signer.fetch).verify(token)
    assert (identity.account_id, identity.address) == ("01ACCOUNT", "agent1@numerique.gouv.tg")
    assert identity.administers(("m1", "d4"))
    assert not identity.administers(("m2",))
    assert not identity.administers(())


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "elsewhere"},
        {"aud": None},
        {"iss": "elsewhere"},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"sub": None},
        {"sid": None},
        {"iat": 10**30},
        {"roles": "administrator"},
    ],
    ids=str,
)
async def test_a_signed_token_with_wrong_claims_is_refused(signer: Any, changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await TokenVerifier(signer.fetch).verify(signer.token(**changed))


async def test_a_token_without_signature_is_refused(signer: Any) -> None:
    with pytest.raises(Unauthenticated):
        await TokenVerifier(signer.fetch).verify(signer.unsigned())


async def test_a_token_of_another_key_with_our_kid_is_refused(signer: Any) -> None:
    forger = type(signer)(signer.kid)
    with pytest.raises(Unauthenticated):
        await TokenVerifier(signer.fetch).verify(forger.token())


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(signer: Any) -> None:
    public = (await signer.fetch())[0]["x"]
    forged = jwt.encode({"alg": "HS256", "kid": signer.kid}, signer.claims(), OctKey.import_key(public * 2))
    with pytest.raises(Unauthenticated):
        await TokenVerifier(signer.fetch).verify(forged)


@pytest.mark.parametrize(
    "text", ["", "a", "a.b.c", "é.é.é", "." * 9000, "e30.e30.e30", "eyJhbGciOiJFZDI1NTE5In0.e30.AA"]
)
async def test_what_is_no_token_is_refused(signer: Any, text: str) -> None:
    with pytest.raises(Unauthenticated):
        await TokenVerifier(signer.fetch).verify(text)


async def test_forged_kids_do_not_make_it_fetch_keys_each_time(signer: Any) -> None:
    fetches = 0

    async def fetch() -> list[dict[str, Any]]:
        nonlocal fetches
        fetches += 1
        return await signer.fetch()

    verifier = TokenVerifier(fetch)
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await verifier.verify(type(signer)(f"forged{number}").token())
    assert fetches == 1
    assert await verifier.verify(signer.token())


async def test_directory_being_away_is_not_a_bad_token(signer: Any) -> None:
    async def away() -> list[dict[str, Any]]:
        raise OSError("connection refused")

    with pytest.raises(Unavailable):
        await TokenVerifier(away).verify(signer.token())


async def test_a_verified_token_is_refused_once_it_expires(signer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = TokenVerifier(signer.fetch)
    token = signer.token()
    await verifier.verify(token)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(hours=1)

    monkeypatch.setattr("chassis.identity.tokens.datetime", Later)
    with pytest.raises(Unauthenticated, match="expired"):
        await verifier.verify(token)


async def test_an_ended_session_is_refused_and_watchers_hear_of_it_once(signer: Any) -> None:
    now = datetime.now(UTC)
    loaded = [Revocation("01OTHER", "01GONE", now)]

    async def load(since: datetime | None) -> list[Revocation]:
        return loaded

    revocations = Revocations(load)
    await revocations.start()
    verifier = TokenVerifier(signer.fetch, revocations)
    token = signer.token()
    assert await verifier.verify(token)
    heard: list[Revocation] = []
    revocations.watch(heard.append)
    for _ in range(2):
        revocations.add(Revocation("01ACCOUNT", "01SESSION", now))
    assert len(heard) == 1
    with pytest.raises(Unauthenticated, match="ended"):
        await verifier.verify(token)
    with pytest.raises(Unauthenticated):
        await verifier.verify(signer.token(sid="01GONE"))
    await revocations.stop()


async def test_ending_all_sessions_spares_those_that_begin_later(signer: Any) -> None:
    async def load(since: datetime | None) -> list[Revocation]:
        return [Revocation("01ACCOUNT", "", datetime.now(UTC))]

    revocations = Revocations(load)
    await revocations.start()
    verifier = TokenVerifier(signer.fetch, revocations)
    iat = int(datetime.now(UTC).timestamp())
    with pytest.raises(Unauthenticated):
        await verifier.verify(signer.token(sid="01OLD", iat=iat - 5))
    assert await verifier.verify(signer.token(sid="01NEW", iat=iat + 2))
    await revocations.stop()
