"""The way out, as remote servers and senders see it."""

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest

from services.mail.domain.queue import GIVE_UP_AFTER
from services.mail.relay.route import NoRoute, Server, SmartHost, Tls
from services.mail.relay.transmit import Timeouts
from tests.mail.house import letter
from tests.mail.relay.post import SENDER, Post, RemoteOf

THERE = "b@example.org"


def parsed(message: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(message, policy=policy.default))


async def test_a_message_leaves_and_is_gone_from_the_queue(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    source = letter(body=".\r\n..\r\nFin\r\n.")
    await post.enqueue(source, THERE, "c@example.org")
    await post.settled()
    ((sender, recipients, content),) = remote.received
    assert (sender, recipients) == (SENDER, [THERE, "c@example.org"])
    trace, _, rest = content.partition(b"From: ")
    assert trace.startswith(b"Received: by mail.gouv.tg id ")
    assert b"From: " + rest == source
    assert await post.house.database["queue"].count_documents({"due": {"$exists": False}}) == 0
    assert await post.entries() == []
    assert await post.inbox() == []


async def test_an_entry_per_domain(post: Post, remote_of: RemoteOf) -> None:
    one, two = await remote_of(), await remote_of()
    post.routes.table |= {"example.org": [one.server()], "example.com": [two.server()]}
    await post.enqueue(letter(), THERE, "x@example.com", "y@EXAMPLE.com")
    await post.settled()
    assert [recipients for _, recipients, _ in one.received] == [[THERE]]
    assert [recipients for _, recipients, _ in two.received] == [["x@example.com", "y@EXAMPLE.com"]]


async def test_tls_is_used_when_offered(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(starttls=True)
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE)
    await post.settled()
    assert remote.tls


async def test_required_tls_is_never_left_out(post: Post, remote_of: RemoteOf) -> None:
    plain, unproven = await remote_of(), await remote_of(starttls=True)
    post.routes.table["example.org"] = [server.server(tls=Tls.REQUIRED) for server in (plain, unproven)]
    await post.enqueue(letter(), THERE)
    await post.settled()
    assert plain.received == unproven.received == []
    (entry,) = await post.entries()
    assert entry["recipients"][0]["fate"] == "deferred"


async def test_a_temporary_refusal_is_tried_again_later_and_later(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(recipients={THERE: "450 4.2.0 greylisted"})
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE, "c@example.org")
    waits = []
    for _ in range(4):
        await post.settled()
        (entry,) = await post.entries()
        assert [recipient["address"] for recipient in entry["recipients"]] == [THERE]
        assert entry["recipients"][0]["status"] == "4.2.0"
        waits.append(round((entry["due"] - post.house.clock()).total_seconds()))
        post.house.clock.moment = entry["due"]
    assert waits == [60, 300, 900, 1800]
    assert len(remote.received) == 1
    remote.recipients.clear()
    await post.settled()
    assert [recipients for _, recipients, _ in remote.received] == [["c@example.org"], [THERE]]
    assert await post.entries() == []


async def test_a_permanent_refusal_is_told_to_the_sender(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(recipients={THERE: "550 5.1.1 nobody here"})
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter("Note"), THERE, "c@example.org")
    await post.settled()
    assert [recipients for _, recipients, _ in remote.received] == [["c@example.org"]]
    assert await post.entries() == []
    (raw,) = await post.inbox()
    assert raw.startswith(b"Return-Path: <>\r\n")
    told = parsed(raw)
    assert told.get_content_type() == "multipart/report"
    assert told.get_param("report-type") == "delivery-status"
    assert told["Auto-Submitted"] == "auto-replied"
    assert told["In-Reply-To"] == parsed(letter("Note"))["Message-ID"]
    text, status, original = told.iter_parts()
    words = text.get_content()
    assert words.index("n'a pas pu être remis") < words.index("could not be delivered")
    assert "550 5.1.1 nobody here" in words
    per_message, per_recipient = status.get_payload()
    assert per_message["Reporting-MTA"] == "dns; mail.gouv.tg"
    assert per_recipient["Final-Recipient"] == f"rfc822; {THERE}"
    assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
    assert per_recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 nobody here"
    assert original.get_content_type() == "text/rfc822-headers"
    assert "Message-ID" in original.get_payload()
    (fact,) = await facts(post, "message_bounced")
    assert THERE in fact["body"]


async def facts(post: Post, kind: str) -> list[dict[str, Any]]:
    documents = await post.house.database["queue"].find({"pending": 1}).to_list(100)
    return [entry for document in documents for entry in document["outbox"] if entry["type"] == kind]


@pytest.mark.parametrize(
    ("route", "status"),
    [(NoRoute("5.1.2", "example.org does not exist"), "5.1.2"), (NoRoute("5.1.10", "takes no mail"), "5.1.10")],
)
async def test_a_domain_that_takes_no_mail_bounces(post: Post, route: NoRoute, status: str) -> None:
    post.routes.table["example.org"] = route
    await post.enqueue(letter(), THERE)
    await post.settled()
    (raw,) = await post.inbox()
    assert f"Status: {status}\r\n".encode() in raw


async def test_a_message_refused_after_data_bounces(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(data="554 5.7.1 spam")
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE)
    await post.settled()
    assert b"Status: 5.7.1\r\n" in (await post.inbox())[0]


async def test_a_bounce_of_a_bounce_is_discarded(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(recipients={THERE: "550 no"})
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE, sender="")
    await post.settled()
    assert await post.entries() == []
    assert await post.inbox() == []
    assert await facts(post, "message_bounced") == []


async def test_dns_trouble_is_temporary(post: Post) -> None:
    post.routes.table["example.org"] = NoRoute("4.4.3", "SERVFAIL")
    await post.enqueue(letter(), THERE)
    await post.settled()
    (entry,) = await post.entries()
    assert entry["recipients"][0]["status"] == "4.4.3"
    assert await post.inbox() == []


async def test_the_next_server_is_tried_when_one_does_not_answer(
    post: Post, remote_of: RemoteOf, nobody: Server
) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [nobody, remote.server()]
    await post.enqueue(letter(), THERE)
    await post.settled()
    assert len(remote.received) == 1


async def test_refused_connections_are_tried_again(post: Post, nobody: Server) -> None:
    post.routes.table["example.org"] = [nobody]
    await post.enqueue(letter(), THERE)
    await post.settled()
    (entry,) = await post.entries()
    assert entry["recipients"][0]["status"] == "4.4.1"


async def test_a_server_that_drops_after_data_is_tried_again(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(drops=True)
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE)
    await post.settled()
    (entry,) = await post.entries()
    assert entry["recipients"][0]["fate"] == "deferred"
    remote.drops = False
    post.house.clock.moment = entry["due"]
    await post.settled()
    assert await post.entries() == []


async def test_a_slow_server_is_given_up_on_and_does_not_hold_up_the_others(post: Post, remote_of: RemoteOf) -> None:
    slow, quick = await remote_of(before_data=3), await remote_of()
    post.timeouts = Timeouts(connect=1, command=1, piece=1, end=0.5)
    post.routes.table |= {"example.org": [slow.server()], "example.com": [quick.server()]}
    await post.enqueue(letter(), THERE)
    await post.enqueue(letter("Other"), "x@example.com")
    await post.settled()
    assert len(quick.received) == 1
    (entry,) = await post.entries()
    assert entry["recipients"][0]["fate"] == "deferred"


async def test_many_letters_to_a_slow_domain_hold_up_nobody_elses(post: Post, remote_of: RemoteOf) -> None:
    slow, quick = await remote_of(before_data=30), await remote_of()
    post.timeouts = Timeouts(end=60)
    post.routes.table |= {"example.org": [slow.server()], "example.com": [quick.server()]}
    for number in range(20):
        await post.enqueue(letter(f"Note {number}"), f"r{number}@example.org")
    await post.enqueue(letter("Other"), "x@example.com")
    await post.relay(at_once=3, per_domain=2).start()

    async def arrived() -> bool:
        return len(quick.received) == 1

    await post.until(arrived)


async def test_a_delay_is_told_once_and_giving_up_is_told(post: Post, nobody: Server) -> None:
    post.routes.table["example.org"] = [nobody]
    await post.enqueue(letter(), THERE)
    for hours in (0, 3, 2, 4, 5):
        post.house.clock.advance(hours=hours)
        await post.settled()
    (delayed,) = await post.inbox()
    assert b"Action: delayed\r\n" in delayed
    assert b"Will-Retry-Until: " in delayed
    post.house.clock.moment += GIVE_UP_AFTER
    await post.settled()
    failed = (await post.inbox())[1]
    assert b"Action: failed\r\nStatus: 5.4.7\r\n" in failed
    assert await post.entries() == []


async def test_two_relays_send_once(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(before_data=0.05)
    post.routes.table["example.org"] = [remote.server()]
    for number in range(12):
        await post.enqueue(letter(f"Note {number}"), f"r{number}@example.org")
    relays = [post.relay(), post.relay()]
    for relay in relays:
        await relay.start()

    async def empty() -> bool:
        return not await post.entries()

    await post.until(empty)
    assert len(remote.received) == 12
    assert len({content for _, _, content in remote.received}) == 12


async def test_a_domain_gets_no_more_connections_than_allowed(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(before_data=0.1)
    post.routes.table["example.org"] = [remote.server()]
    for number in range(6):
        await post.enqueue(letter(f"Note {number}"), f"r{number}@example.org")
    relay = post.relay(per_domain=2)
    await relay.start()
    most = 0

    async def empty() -> bool:
        nonlocal most
        most = max(most, len(relay._working))
        return not await post.entries()

    await post.until(empty)
    assert most == 2


async def test_what_a_killed_relay_held_is_sent_after_its_lease(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(before_data=5)
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE)
    killed = post.relay(lease_seconds=60)
    await killed.start()

    async def working() -> bool:
        return bool(killed._working)

    await post.until(working)
    await asyncio.sleep(0.1)
    await killed.stop()
    remote.before_data = 0
    await post.settled()
    assert remote.received == []
    post.house.clock.advance(seconds=61)
    await post.settled()
    assert len(remote.received) == 1
    assert await post.entries() == []


async def test_a_crash_between_the_notice_and_the_queue_tells_once(
    post: Post, remote_of: RemoteOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = await remote_of(recipients={THERE: "550 5.1.1 no"})
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE)
    record = post.queue.record

    async def crashing(claimed: Any, after: Any, facts: Any = ()) -> bool:
        if facts:
            raise ConnectionResetError("killed")
        return await record(claimed, after, facts)

    with monkeypatch.context() as patched:
        patched.setattr(post.queue, "record", crashing)
        await post.settled()
    assert len(await post.inbox()) == 1
    (entry,) = await post.entries()
    post.house.clock.moment = entry["due"] + timedelta(seconds=1)
    await post.settled()
    assert len(await post.inbox()) == 1
    assert await post.entries() == []
    assert len(await facts(post, "message_bounced")) == 1


async def test_a_database_or_store_that_is_away_loses_nothing(
    post: Post, remote_of: RemoteOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chassis.errors import Unavailable

    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    await post.enqueue(letter(), THERE)

    async def refusing(*_: Any) -> bytes:
        raise Unavailable("object store")

    with monkeypatch.context() as patched:
        patched.setattr(post.house.mail.blobs._objects, "read", refusing)
        await post.settled()
    assert remote.received == []
    (entry,) = await post.entries()
    post.house.clock.moment = entry["due"]
    await post.settled()
    assert len(remote.received) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_a_smart_host_takes_all_domains_after_login(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of(login=(b"relay", b"p:w"))
    for password, taken in (("wrong", 0), ("p%3Aw", 2)):
        smart_host = SmartHost.parse(f"smtp://relay:{password}@127.0.0.1:{remote.port}?tls=none")
        post.routes.table = {domain: [smart_host.server] for domain in ("example.org", "example.com")}
        await post.enqueue(letter(password), THERE, "x@example.com")
        await post.settled()
        assert len(remote.received) == taken
    assert {entry["recipients"][0]["fate"] for entry in await post.entries()} == {"deferred"}


async def test_a_large_message_is_streamed(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    source = letter(body="\r\n".join(["." + "x" * 70] * 100_000))
    await post.enqueue(source, THERE)
    await post.settled()
    assert remote.received[0][2].endswith(source)


async def test_a_message_larger_than_the_server_takes_bounces(post: Post, remote_of: RemoteOf) -> None:
    remote = await remote_of()
    post.routes.table["example.org"] = [remote.server()]
    source = letter(body="\r\n".join(["x" * 70] * 600_000))
    await post.enqueue(source, THERE)
    await post.settled()
    assert remote.received == []
    assert b"Status: 5.3.4\r\n" in (await post.inbox())[0]
