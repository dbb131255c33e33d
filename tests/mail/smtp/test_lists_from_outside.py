"""A list that somebody outside may write to: what goes through, what waits and why, how much, and who is told."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from workspace.events.v1.envelope_pb2 import Envelope
from workspace.mail.v1.events_pb2 import ModerationDecided

from chassis.errors import Unavailable
from chassis.identity import Identity
from chassis.people import Person
from services.mail.domain.lists import Group
from services.mail.domain.moderation import ListPolicy
from services.mail.events import MailEvents
from services.mail.store.moderated import Waiting
from services.mail.usecases import from_outside
from services.mail.usecases.ask_moderators import ask_moderators
from services.mail.usecases.await_moderation import tend_moderated
from services.mail.usecases.expand_lists import expand_due
from services.mail.usecases.moderate import accept, discard, list_moderated, reject
from tests.mail.authentication.signing import Dns
from tests.mail.house import House
from tests.mail.smtp.peer import AGENT, OTHER, Peer, Smtp, Start

LIST, BUDGET = "01LIST", "budget@numerique.gouv.tg"
AUTHOR = "a@example.org"
# Whoever speaks to the test's server may write as example.org.
PROVEN = Dns({"example.org": [b"v=spf1 ip4:127.0.0.1 -all"], "_dmarc.example.org": [b"v=DMARC1; p=quarantine"]})


def written(*fields: str, subject: str = "Note") -> bytes:
    return "\r\n".join([f"From: {AUTHOR}", f"Subject: {subject}", *fields, "", "Bonjour."]).encode() + b"\r\n"


async def say(house: House, outside: str, *moderators: str) -> None:
    policy = ListPolicy(LIST, moderators or ("01AGENT2",), "nobody", ("01MINISTRY",), outside)
    await house.mail.store.list_policies.put(policy, [])
    house.mail.known.list_policies.clear()


@pytest.fixture
async def smtp(start: Start, house: House) -> Smtp:
    """AGENT is the one member, OTHER moderates."""
    smtp = await start(dns=PROVEN)
    house.people.heard |= {BUDGET: f"list:{LIST}", "budget+bounces@numerique.gouv.tg": f"list:{LIST}"}
    house.people.persons = [
        Person(account, (address,), "Agent", "", (), suspended=False, version=1)
        for account, address in (("01AGENT1", AGENT), ("01AGENT2", OTHER))
    ]
    await house.mail.store.groups.told(Group(LIST, "Budget", BUDGET, "", ("01AGENT1",), (), None, "members", (), 1))
    return smtp


async def ready(smtp: Smtp, sender: str = AUTHOR) -> Peer:
    peer = await smtp.connect()
    await peer.expect("EHLO client.example.org", "250")
    await peer.expect(f"MAIL FROM:<{sender}>", "250")
    return peer


async def sent(smtp: Smtp, source: bytes, sender: str = AUTHOR) -> str:
    peer = await ready(smtp, sender)
    await peer.expect(f"RCPT TO:<{BUDGET}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(source + b".\r\n")
    return await peer.reply()


async def waits(house: House) -> list[Waiting]:
    return await list_moderated(house.mail, "01AGENT2", "", 50)


async def received(house: House, smtp: Smtp) -> list[dict[str, Any]]:
    while await expand_due(house.mail):
        pass
    return await smtp.documents("01AGENT1")


def moderator(house: House) -> Identity:
    return Identity("01AGENT2", OTHER, "01SESSION", house.clock(), house.clock(), (), "Agent")


async def decided(house: House) -> list[dict[str, Any]]:
    return [json.loads(each["body"])["data"] for each in await house.facts("moderation_decided")]


async def test_a_closed_list_answers_as_what_there_is_not(house: House, smtp: Smtp) -> None:
    for outside in ("", "closed"):
        if outside:
            await say(house, outside)
        peer = await ready(smtp)
        unknown = await peer.do("RCPT TO:<personne@numerique.gouv.tg>")
        assert unknown.startswith("550 5.1.1")
        assert await peer.do(f"RCPT TO:<{BUDGET}>") == unknown
    await say(house, "open")
    assert await (await ready(smtp)).do("RCPT TO:<budget+bounces@numerique.gouv.tg>") == unknown


async def test_to_an_open_list_goes_what_is_proven(house: House, smtp: Smtp) -> None:
    await say(house, "open")
    assert (await sent(smtp, written())).startswith("250")
    (message,) = await received(house, smtp)
    octets = await house.read("01AGENT1", message["_id"].partition(".")[2])
    assert b"List-Id: <budget.numerique.gouv.tg>" in octets
    assert b"dmarc=pass" in octets
    assert octets.count(b"Return-Path:") == 1
    # Whoever sends it on seals what was found, and signs nothing of it as ours.
    (page,) = await house.database["submissions"].find({"_id": {"$gt": "list:", "$lt": "list;"}}).to_list(2)
    assert page["found"]["dmarc"] == "pass"


@pytest.mark.parametrize(
    ("outside", "fields", "sender", "why"),
    [
        ("moderated", (), AUTHOR, "sender"),
        ("open", ("Precedence: bulk",), AUTHOR, "bulk"),
        ("open", ("List-Id: <other.example.org>",), AUTHOR, "bulk"),
        ("open", ("Auto-Submitted: auto-generated",), AUTHOR, "automatic"),
        ("open", (), "a@example.net", "junk"),
    ],
)
async def test_what_is_not_goes_to_the_moderators_who_see_why(
    house: House, smtp: Smtp, outside: str, fields: tuple[str, ...], sender: str, why: str
) -> None:
    await say(house, outside)
    source = written(*fields)
    if why == "junk":
        source = source.replace(b"From: a@example.org", b"From: x@sub.example.org")
    assert (await sent(smtp, source, sender)).startswith("250")
    assert await received(house, smtp) == []
    (waiting,) = await waits(house)
    assert (waiting.why.value, waiting.letter.from_outside, waiting.letter.author) == (why, True, "")
    assert waiting.letter.found is not None
    assert (b"dmarc=pass" in waiting.letter.found.results) == (why != "junk")
    for _ in range(2):
        await ask_moderators(house.mail, waiting.id)
    (told,) = await smtp.documents("01AGENT2")
    octets = (await house.read("01AGENT2", told["_id"].partition(".")[2])).decode()
    assert octets.index("Il vient de l'extérieur") < octets.index("It comes from outside")
    assert ("jugé indésirable" in octets) == (why == "junk")
    await accept(house.mail, moderator(house), waiting.id)
    assert len(await received(house, smtp)) == 1
    assert await decided(house) == []


async def test_what_no_policy_proves_waits(house: House, start: Start, smtp: Smtp) -> None:
    """SPF alone says who sent it and not who wrote it; a domain without a policy proves nothing."""
    await say(house, "open")
    silent = await start(dns=Dns({"example.org": [b"v=spf1 ip4:127.0.0.1 -all"]}))
    assert (await sent(silent, written())).startswith("250")
    assert [each.why.value for each in await waits(house)] == ["unproven"]


async def test_so_many_wait_and_the_next_is_refused_until_one_is_decided_on(
    house: House, smtp: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_outside, "MOST_WAITING", 2)
    await say(house, "open")
    for number in range(2):
        assert (await sent(smtp, written("Precedence: bulk", subject=f"{number}"))).startswith("250")
    assert (await sent(smtp, written("Precedence: bulk", subject="2"))).startswith("450 4.7.1 Too many letters")
    # What goes through unseen takes nobody's place.
    assert (await sent(smtp, written())).startswith("250")
    await say(house, "moderated")
    peer = await ready(smtp)
    assert (await peer.do(f"RCPT TO:<{BUDGET}>")).startswith("450 4.7.1 Too many letters")
    await peer.expect(f"RCPT TO:<{AGENT}>", "250")
    first, _ = await waits(house)
    await discard(house.mail, moderator(house), first.id)
    house.mail.known.list_policies.clear()
    assert (await sent(smtp, written(subject="3"))).startswith("250")
    house.clock.advance(days=8)
    await tend_moderated(house.mail)
    policy = await house.mail.store.list_policies.get(LIST)
    assert policy is not None
    assert policy.waiting == len(await waits(house)) == 0


async def test_one_sender_sends_so_many_a_day_and_who_forges_it_uses_up_nothing_of_that(
    house: House, smtp: Smtp, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_outside, "SENDER_A_DAY", 2)
    await say(house, "open")
    forged = await start(dns=Dns())
    for number in range(2):
        assert (await sent(forged, written(subject=f"f{number}"))).startswith("250")
        assert (await sent(smtp, written(subject=f"{number}"))).startswith("250")
    for server in (forged, smtp):
        answer = await sent(server, written(subject="x"))
        assert answer.startswith("450 4.7.1 Too many letters of this sender")
    assert (await sent(smtp, written(subject="y"), "b@example.org")).startswith("250")
    house.clock.advance(days=1)
    assert (await sent(smtp, written(subject="x"))).startswith("250")


async def test_so_many_go_through_in_a_day_whoever_sends_them(
    house: House, smtp: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_outside, "FREELY_A_DAY", 2)
    await say(house, "open")
    answers = [await sent(smtp, written(subject=f"{each}"), f"a{each}@example.org") for each in range(3)]
    assert [each[:3] for each in answers] == ["250", "250", "450"]
    assert len(await received(house, smtp)) == 2


@pytest.mark.parametrize(
    "field",
    [
        "List-Id: <budget.numerique.gouv.tg>",
        "Auto-Submitted: auto-replied",
        "Content-Type: multipart/report; report-type=delivery-status",
    ],
)
async def test_what_the_list_gave_out_and_what_machines_answer_comes_to_nobody(
    house: House, smtp: Smtp, field: str
) -> None:
    await say(house, "open")
    assert (await sent(smtp, written(field))).startswith("550 5.7.1")
    # Where one reply speaks for others too nobody is refused what is theirs.
    peer = await ready(smtp)
    for address in (BUDGET, OTHER):
        await peer.expect(f"RCPT TO:<{address}>", "250")
    await peer.expect("DATA", "354")
    await peer.send(written(field) + b".\r\n")
    assert (await peer.reply()).startswith("250")
    assert await received(house, smtp) == []
    assert await waits(house) == []
    assert len(await smtp.documents("01AGENT2")) == 1


@pytest.mark.parametrize("proven", [True, False])
async def test_a_refusal_is_told_to_who_is_known_to_have_written(
    house: House, smtp: Smtp, start: Start, proven: bool
) -> None:
    await say(house, "moderated")
    server = smtp if proven else await start(dns=Dns())
    assert (await sent(server, written())).startswith("250")
    (waiting,) = await waits(house)
    await reject(house.mail, moderator(house), waiting.id, "Hors sujet")
    facts = await decided(house)
    assert len(facts) == proven
    events = MailEvents(house.mail, None, None, None)  # type: ignore[arg-type]
    for fact in facts * 2:
        told = ParseDict({name: said for name, said in fact.items() if name != "@type"}, ModerationDecided())
        await events.tell_of_moderation(told, Envelope(id="01FACT"))
    assert [(each["sender"], each["recipients"]) for each in house.queued.entries] == [("", (AUTHOR,))] * proven
    for entry in house.queued.entries:
        octets = b"".join([piece async for piece in house.mail.blobs.open(entry["blob"])]).decode()
        assert f"<{BUDGET}> : Hors sujet" in octets
        assert OTHER not in octets


async def test_what_an_agent_once_wrote_waits_when_somebody_outside_sends_it(
    house: House, start: Start, smtp: Smtp
) -> None:
    """A letter that our domain signed proves itself wherever it is sent again; a moderator's own is not hidden."""
    await say(house, "open")
    ours = {"numerique.gouv.tg": [b"v=spf1 ip4:127.0.0.1 -all"], "_dmarc.gouv.tg": [b"v=DMARC1; p=reject"]}
    again = await start(dns=Dns(ours))
    source = written().replace(AUTHOR.encode(), OTHER.encode())
    assert (await sent(again, source, OTHER)).startswith("250")
    (waiting,) = await waits(house)
    assert waiting.why.value == "ours"
    assert waiting.letter.found is not None
    assert b"dmarc=pass" in waiting.letter.found.results


async def test_who_forges_a_moderators_name_hides_nothing_from_them(house: House, smtp: Smtp) -> None:
    await say(house, "moderated")
    forged = written().replace(AUTHOR.encode(), OTHER.encode())
    assert (await sent(smtp, forged)).startswith("250")
    (waiting,) = await waits(house)
    assert (waiting.why.value, waiting.authors) == ("junk", ())


async def test_a_list_that_is_closed_meanwhile_takes_nothing(house: House, smtp: Smtp) -> None:
    await say(house, "open")
    peer = await ready(smtp)
    await peer.expect(f"RCPT TO:<{BUDGET}>", "250")
    await peer.expect("DATA", "354")
    await say(house, "closed")
    await peer.send(written() + b".\r\n")
    assert (await peer.reply()).startswith("550 5.1.1")
    assert await received(house, smtp) == await waits(house) == []


async def test_who_dies_before_it_is_kept_counts_nothing(
    house: House, smtp: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_outside, "SENDER_A_DAY", 1)
    monkeypatch.setattr(from_outside, "MOST_WAITING", 1)
    await say(house, "moderated")
    with monkeypatch.context() as patched:

        async def killed(*_given: Any, **_also: Any) -> None:
            raise Unavailable

        patched.setattr(house.mail.store.notices, "tell", killed)
        assert (await sent(smtp, written())).startswith("451")
    assert (await sent(smtp, written())).startswith("250")
    assert (await sent(smtp, written())).startswith("250")  # the same again is a repeat
    assert len(await waits(house)) == 1
