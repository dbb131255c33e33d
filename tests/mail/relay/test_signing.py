"""What leaves is signed by its author's domain, as soon as DNS has the keys."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity import Identity, acting_as
from services.mail.domain.authentication.verdicts import Result
from services.mail.relay import signing
from services.mail.relay.signing import Signer
from services.mail.usecases.signing_keys import rotate_signing_keys, signing_keys
from tests.mail.authentication.signing import Dns, checked
from tests.mail.relay.post import Post, RemoteOf

DOMAIN = "numerique.gouv.tg"
LETTER = (
    b"From: Agent <agent1@numerique.gouv.tg>\r\nTo: <b@example.org>\r\nSubject: Note\r\n\r\n"
    b".Bonjour  \r\n..\r\nsans fin de ligne"
)


async def publish(house: Any, dns: Dns, domain: str = DOMAIN) -> None:
    """The newest keys, as the operator puts them into DNS."""
    for key in (await signing_keys(house.mail, domain))[0].keys:
        dns.texts[key.name] = [key.record]


@pytest.fixture(autouse=True)
def _keys_are_looked_up_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "KEYS_SECONDS", 0.0)


async def sent(post: Post, remote_of: RemoteOf, letter: bytes = LETTER) -> bytes:
    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter, "b@example.org")
    await post.settled()
    return remote.received[-1][2]


async def test_a_letter_leaves_with_signatures_that_hold(house: Any, post: Post, remote_of: RemoteOf) -> None:
    dns = Dns()
    await publish(house, dns)
    post.signer = Signer(house.mail, dns)
    found = (await checked(await sent(post, remote_of), dns)).dkim
    assert {(each.result, each.domain) for each in found} == {(Result.PASS, DOMAIN)}
    assert {each.algorithm for each in found} == {"rsa-sha256", "ed25519-sha256"}


async def test_without_keys_in_dns_it_leaves_unsigned(house: Any, post: Post, remote_of: RemoteOf) -> None:
    post.signer = Signer(house.mail, Dns())
    assert b"DKIM-Signature" not in await sent(post, remote_of)


async def test_what_others_wrote_is_not_signed_in_their_name(house: Any, post: Post, remote_of: RemoteOf) -> None:
    post.signer = Signer(house.mail, Dns())
    for author in (b"<a@example.com>", b"<a@example.com>, <agent1@numerique.gouv.tg>", b"", b"nobody"):
        letter = LETTER.replace(b"Agent <agent1@numerique.gouv.tg>", author)
        assert b"DKIM-Signature" not in await sent(post, remote_of, letter)


async def test_the_former_keys_sign_until_dns_has_the_new_ones(house: Any, post: Post, remote_of: RemoteOf) -> None:
    dns = Dns()
    await publish(house, dns)
    post.signer = Signer(house.mail, dns)
    await sent(post, remote_of)
    await rotate_signing_keys(house.mail, dns, DOMAIN)
    before = (await checked(await sent(post, remote_of, LETTER + b"1"), dns)).dkim
    assert {each.selector for each in before} == {"ws1r", "ws1e"}
    await publish(house, dns)
    after = (await checked(await sent(post, remote_of, LETTER + b"2"), dns)).dkim
    assert {(each.result, each.selector) for each in after} == {(Result.PASS, "ws2r"), (Result.PASS, "ws2e")}


async def test_while_dns_is_away_what_it_had_is_signed_with(house: Any, post: Post, remote_of: RemoteOf) -> None:
    dns = Dns()
    names = [key.name for key in (await signing_keys(house.mail, DOMAIN))[0].keys]
    post.signer = Signer(house.mail, dns)
    dns.away |= set(names)
    assert b"DKIM-Signature" not in await sent(post, remote_of)
    dns.away.clear()
    await publish(house, dns)
    assert b"DKIM-Signature" in await sent(post, remote_of, LETTER + b"1")
    dns.away |= set(names)
    assert b"DKIM-Signature" in await sent(post, remote_of, LETTER + b"2")


async def test_keys_follow_each_other_one_by_one(house: Any) -> None:
    dns = Dns()
    with pytest.raises(PreconditionFailed):
        await rotate_signing_keys(house.mail, dns, DOMAIN)
    assert len(await signing_keys(house.mail, DOMAIN)) == 1
    await publish(house, dns)
    await rotate_signing_keys(house.mail, dns, DOMAIN)
    with pytest.raises(PreconditionFailed):
        await rotate_signing_keys(house.mail, dns, DOMAIN)
    assert [each.number for each in await signing_keys(house.mail, DOMAIN)] == [2, 1]


async def test_who_rotates_keys_is_told_to_the_audit_log(house: Any) -> None:
    dns = Dns()
    await publish(house, dns)
    assert await waiting(house) == []
    now = datetime.now(UTC)
    administrator = Identity("01ADMIN", "administrateur@gouv.tg", "s", now, now + timedelta(minutes=5))
    with acting_as(administrator):
        await rotate_signing_keys(house.mail, dns, DOMAIN)
    (told,) = await waiting(house)
    assert told["type"] == "act_recorded"
    envelope = json.loads(told["body"])
    assert (envelope["actor"], envelope["data"]["act"]) == ("01ADMIN", "rotate_signing_keys")
    assert (envelope["data"]["target_name"], envelope["data"]["actor_name"]) == (DOMAIN, "administrateur@gouv.tg")


async def waiting(house: Any) -> list[dict[str, Any]]:
    found = await house.database["signing_keys"].find({"pending": 1}).to_list(10)
    return [fact for document in found for fact in document["outbox"]]


async def test_no_other_domain_has_keys_here(house: Any) -> None:
    with pytest.raises(NotFound):
        await signing_keys(house.mail, "example.org")


async def test_private_keys_are_sealed_for_their_domain_alone(house: Any) -> None:
    (generation,) = await signing_keys(house.mail, DOMAIN)
    kept = await house.database["signing_keys"].find({"domain": DOMAIN}).to_list(10)
    assert len(kept) == 2
    assert not any(key.private[-32:] in bytes(each["sealed"]) for key in generation.keys for each in kept)
    await house.database["signing_keys"].update_many({"domain": DOMAIN}, {"$set": {"domain": "finances.gouv.tg"}})
    with pytest.raises(Exception, match="not as it was written"):
        await signing_keys(house.mail, "finances.gouv.tg")
