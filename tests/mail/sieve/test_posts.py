"""What scripts send: letters passed on, answers, notifications; to whom never, and that each is sent once."""

import asyncio
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest

from chassis.errors import OverQuota
from services.mail.domain.envelope import Result
from services.mail.domain.options import Options
from services.mail.domain.sending import Allowance
from services.mail.usecases import resume_submissions
from tests.mail.sieve.conftest import CHEF, OTHER, OUTSIDE, OWN, Scripted, written

VACATION = 'require "vacation"; vacation :days 7 "Je suis absent jusqu\'à lundi.";'


def parsed(octets: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(octets, policy=policy.default))


# Passing on


async def test_a_letter_is_passed_on_outside_from_the_accounts_own_address(scripted: Scripted) -> None:
    await scripted.script(f'redirect "{OUTSIDE}";')
    await scripted.receive(written())
    await scripted.receive(written())
    assert await scripted.messages() == []
    ((sender, to, octets),) = await scripted.queued()
    assert (sender, to) == (OWN, OUTSIDE)
    assert octets == f"Delivered-To: {OWN}\r\nReceived: from a by b with ESMTPS; x\r\n".encode() + written()


async def test_a_letter_is_passed_on_to_an_account_here(scripted: Scripted) -> None:
    await scripted.script(f'require "copy"; redirect :copy "{OTHER}";')
    await scripted.receive(written())
    assert await scripted.subjects() == await scripted.subjects(owner="01JSECOND") == ["Note"]
    (there,) = await scripted.messages(owner="01JSECOND")
    octets = await scripted.house.read("01JSECOND", there.id)
    assert octets.startswith(f"Return-Path: <{OWN}>\r\nDelivered-To: {OTHER}\r\nDelivered-To: {OWN}\r\n".encode())
    assert await resume_submissions(scripted.house.mail) == 0
    scripted.house.clock.advance(minutes=5)
    assert await resume_submissions(scripted.house.mail) == 0


async def test_who_dies_before_passing_on_leaves_it_to_a_worker(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scripted.script(f'redirect "{OTHER}";')

    async def dying(*_: object) -> Any:
        raise ConnectionResetError("the process dies here")

    module = __import__("services.mail.usecases.deliver", fromlist=["_deliver_post"])
    with monkeypatch.context() as dead:
        dead.setattr(module, "_deliver_post", dying)
        with pytest.raises(ConnectionResetError):
            await scripted.receive(written())
    assert (await scripted.receive(written())).result is Result.REPEATED
    assert await scripted.messages(owner="01JSECOND") == []
    scripted.house.clock.advance(minutes=5)
    assert await resume_submissions(scripted.house.mail) == 1
    assert await scripted.subjects(owner="01JSECOND") == ["Note"]


async def test_who_passes_on_to_each_other_ends_with_one_copy(scripted: Scripted) -> None:
    await scripted.script(f'redirect "{OTHER}";')
    await scripted.script(f'redirect "{OWN}";', "01JSECOND")
    await scripted.receive(written())
    assert await scripted.subjects(owner="01JSECOND") == []
    assert await scripted.subjects() == ["Note"]
    assert await scripted.queued() == []


async def test_who_passes_on_to_itself_keeps_it(scripted: Scripted) -> None:
    await scripted.script(f'redirect "{OWN}";')
    await scripted.receive(written())
    assert await scripted.subjects() == ["Note"]


async def test_what_comes_back_from_outside_is_kept_and_goes_no_further(scripted: Scripted) -> None:
    await scripted.script(f'require "vacation"; redirect "{OUTSIDE}"; vacation "Absent";')
    await scripted.receive(f"Delivered-To: {OUTSIDE}\r\nDelivered-To: {OWN}\r\n".encode() + written())
    assert await scripted.subjects() == ["Note"]
    assert await scripted.queued() == []
    many = b"".join(b"Delivered-To: a%d@example.org\r\n" % number for number in range(5))
    await scripted.receive(many + written("Loin"))
    assert await scripted.queued() == []


async def test_a_bounce_stays_from_nobody_and_our_own_notices_are_not_passed_on(scripted: Scripted) -> None:
    await scripted.script(f'redirect "{OUTSIDE}";')
    await scripted.receive(written("Retour"), sender="", proven=False)
    assert [(sender, to) for sender, to, _ in await scripted.queued()] == [("", OUTSIDE)]
    await scripted.receive(written("Avis"), sender="", proven=False, beyond_quota=True)
    assert len(await scripted.queued()) == 1
    assert await scripted.subjects() == ["Avis"]


async def test_what_cannot_be_passed_on_is_kept(scripted: Scripted) -> None:
    await scripted.script(f'redirect "personne@sante.gouv.tg"; redirect "{OUTSIDE}";')
    await scripted.receive(written())
    assert await scripted.subjects() == ["Note"]
    assert len(await scripted.queued()) == 1


async def test_nothing_leaves_the_platform_where_that_is_not_allowed(scripted: Scripted) -> None:
    await scripted.script(f'require "enotify"; redirect "{OUTSIDE}"; notify "mailto:{OUTSIDE}";')
    scripted.house.mail = replace(scripted.house.mail, options=Options(forwarding_outside=False))
    await scripted.receive(written())
    assert await scripted.subjects() == ["Note"]
    assert await scripted.queued() == []


async def test_a_flood_is_kept_instead_of_passed_on(scripted: Scripted) -> None:
    scripted.house.mail = replace(scripted.house.mail, options=Options(allowance=Allowance(3, 100, 100)))
    await scripted.script(f'redirect "{OUTSIDE}";')
    for number in range(5):
        assert (await scripted.receive(written(f"Note {number}"))).result is Result.DELIVERED
    assert len(await scripted.subjects()) == 2
    own = await scripted.house.mail.store.tallies.of(scripted.owner, scripted.house.clock(), session=None)
    assert own.foreign_hour == 0


# Answering


async def test_an_answer_says_what_it_answers_and_comes_from_nobody(scripted: Scripted) -> None:
    await scripted.script(VACATION)
    await scripted.receive(written("Été", References="<0@a>", Message_ID="<1@finances.gouv.tg>"), sender=OUTSIDE)
    assert await scripted.subjects() == ["Été"]
    ((sender, to, octets),) = await scripted.queued()
    assert (sender, to) == ("", OUTSIDE)
    said = parsed(octets)
    assert (said["From"], said["To"], said["Subject"]) == (OWN, OUTSIDE, "Auto: Été")
    assert said["Auto-Submitted"] == "auto-replied"
    assert (said["In-Reply-To"], said["References"]) == ("<1@finances.gouv.tg>", "<0@a> <1@finances.gouv.tg>")
    assert said.get_content().strip() == "Je suis absent jusqu'à lundi."
    assert max(map(len, octets.split(b"\r\n"))) <= 998


async def test_each_sender_is_answered_once_in_the_period(scripted: Scripted) -> None:
    await scripted.script(VACATION)
    await asyncio.gather(*(scripted.receive(written(f"Note {n}"), sender=OUTSIDE) for n in range(4)))
    await scripted.receive(written("Encore"), sender=OUTSIDE.upper())
    assert len(await scripted.queued()) == 1
    await scripted.receive(written("Autre"), sender="autre@example.org")
    assert len(await scripted.queued()) == 2
    scripted.house.clock.advance(days=8)
    await scripted.receive(written("Plus tard"), sender=OUTSIDE)
    assert len(await scripted.queued()) == 3


async def test_another_text_is_another_answer_and_a_handle_makes_them_one(scripted: Scripted) -> None:
    for text, answers in [("Un", 1), ("Deux", 2)]:
        await scripted.script(f'require "vacation"; vacation "{text}";')
        await scripted.receive(written(text), sender=OUTSIDE)
        assert len(await scripted.queued()) == answers
    for text in ("Trois", "Quatre"):
        await scripted.script(f'require "vacation"; vacation :handle "h" "{text}";')
        await scripted.receive(written(text), sender=OUTSIDE)
    assert len(await scripted.queued()) == 3


async def test_lists_and_automata_are_not_answered(scripted: Scripted) -> None:
    await scripted.script(VACATION)
    await scripted.receive(written("Liste", **{"List-Id": "<liste.example.org>"}), sender=OUTSIDE)
    await scripted.receive(written("Machine", **{"Auto-Submitted": "auto-generated"}), sender=OUTSIDE)
    await scripted.receive(written("Personne"), sender="")
    assert len(await scripted.subjects()) == 3
    assert await scripted.queued() == []


async def test_a_sender_that_is_not_proven_is_not_answered(scripted: Scripted) -> None:
    await scripted.script(VACATION)
    await scripted.receive(written(), sender=OUTSIDE, proven=False)
    assert await scripted.queued() == []


async def test_who_writes_to_another_address_of_the_account_is_answered(scripted: Scripted) -> None:
    await scripted.script('require "vacation"; vacation :addresses ["Directeur@numerique.gouv.tg"] "Absent";')
    await scripted.receive(written(To="directeur+x@numerique.gouv.tg"), sender=OUTSIDE)
    await scripted.receive(written("Note 2", To="x@example.org", Cc=f"Agent <{OWN}>"), sender="b@example.org")
    assert len(await scripted.queued()) == 2


async def test_two_vacations_never_answer_each_other(scripted: Scripted) -> None:
    await scripted.script(VACATION)
    await scripted.script(VACATION, "01JCHEF")
    await scripted.receive(written())
    assert await scripted.subjects() == ["Note"]
    assert await scripted.subjects(owner="01JCHEF") == ["Auto: Note"]


async def test_an_answer_is_from_an_address_of_the_account_only(scripted: Scripted) -> None:
    await scripted.script(f'require "vacation"; vacation :from "{CHEF}" :subject "Absent\\r\\nBcc: x@y.example" "a";')
    await scripted.receive(written(), sender=OUTSIDE)
    ((_, _, octets),) = await scripted.queued()
    said = parsed(octets)
    assert said["From"] == OWN
    assert said["Bcc"] is None
    scripted.house.people.heard["directeur@numerique.gouv.tg"] = scripted.owner
    await scripted.script('require "vacation"; vacation :from "directeur@numerique.gouv.tg" "a";')
    await scripted.receive(written("Autre"), sender=OUTSIDE)
    assert parsed((await scripted.queued())[1][2])["From"] == "directeur@numerique.gouv.tg"


async def test_an_answer_may_be_mime_of_which_only_the_content_is_taken(scripted: Scripted) -> None:
    await scripted.script(
        'require "vacation"; vacation :mime text:\nContent-Type: text/html; charset=utf-8\nTo: x@y.example\n'
        "\n<p>Absent</p>\n.\n;"
    )
    await scripted.receive(written(), sender=OUTSIDE)
    ((_, _, octets),) = await scripted.queued()
    said = parsed(octets)
    assert said.get_content_type() == "text/html"
    assert said.get_all("To") == [OUTSIDE]
    assert "<p>Absent</p>" in said.get_content()


# Notifying


async def test_a_notification_tells_of_the_letter_and_of_no_machines(scripted: Scripted) -> None:
    await scripted.script(
        f'require "enotify"; notify :importance "1" "mailto:{OUTSIDE}?subject=Lettre&body=Bonjour&bcc=x@y.example";'
    )
    await scripted.receive(written("Le budget"))
    ((sender, to, octets),) = await scripted.queued()
    assert (sender, to) == ("", OUTSIDE)
    said = parsed(octets)
    assert (said["Subject"], said["X-Priority"], said["Bcc"]) == ("Lettre", "1", None)
    assert said["Auto-Submitted"] == f'auto-notified; owner-email="{OWN}"'
    assert "Le budget" in said.get_content()
    await scripted.receive(written("Machine", **{"Auto-Submitted": "auto-notified"}))
    assert len(await scripted.queued()) == 1


async def test_a_letter_whose_header_is_utf8_is_passed_on_as_one(scripted: Scripted) -> None:
    await scripted.script(f'redirect "{OUTSIDE}";')
    await scripted.receive(written("Été"))
    await scripted.receive(written("Été 2"), protocol="UTF8ESMTPS")
    assert [entry["utf8"] for entry in scripted.house.queued.entries] == [False, True]


async def test_an_answer_to_an_address_in_utf8_is_in_utf8(scripted: Scripted) -> None:
    await scripted.script(VACATION)
    await scripted.receive(written(), sender="été@example.org")
    (entry,) = scripted.house.queued.entries
    assert entry["utf8"]
    ((_, _, octets),) = await scripted.queued()
    assert "To: été@example.org\r\n".encode() in octets


async def test_what_is_passed_on_to_a_full_mailbox_waits_and_its_owner_is_told(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scripted.script(f'redirect "{OTHER}";')
    module = __import__("services.mail.usecases.deliver", fromlist=["arrive"])
    arrive = module.arrive

    async def full(mail: Any, owner: str, *given: Any, **named: Any) -> Any:
        if owner == "01JSECOND":
            raise OverQuota("The mailbox is full")
        return await arrive(mail, owner, *given, **named)

    monkeypatch.setattr(module, "arrive", full)
    assert (await scripted.receive(written())).result is Result.DELIVERED
    await scripted.script("keep;")
    for days in (1, 3):
        scripted.house.clock.advance(days=days)
        assert await resume_submissions(scripted.house.mail) == 1
    assert await scripted.subjects() == ["Message non remis / Undelivered message"]
    assert await resume_submissions(scripted.house.mail) == 0
