"""Every letter of those whom a journal is about is reported to it, once, and nobody else learns of it."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest

from chassis.errors import Unavailable
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Delivery, Recipient, Sender
from services.mail.domain.journal import Direction, Journal, Journaled, Subject
from services.mail.domain.message import Message
from services.mail.usecases import Mail, deliver, named_blobs, send, write_journals
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.scripts import activate_script
from services.mail.usecases.write_journals import write_journals as round_of
from tests.mail.house import House, chunked, letter

AGENT, CHIEF, OTHER = "01JAGENT", "01JCHIEF", "01JOTHER"
OWN, CHIEFS, OTHERS = "agent1@numerique.gouv.tg", "chef@numerique.gouv.tg", "agent2@sante.gouv.tg"
ARCHIVE, ARCHIVES, ELSEWHERE = "01JARCHIVE", "archives@numerique.gouv.tg", "journal@archive.example.org"
POSTMASTER = "postmaster@gouv.tg"


@pytest.fixture
def mail(house: House) -> Mail:
    """A ministry with an agent and a chief, another agent of another one, an archive, and a postmaster."""
    house.people.heard = {OWN: AGENT, CHIEFS: CHIEF, OTHERS: OTHER, ARCHIVES: ARCHIVE, POSTMASTER: "01JPOST"}
    house.people.stands = {
        AGENT: Whereabouts(OWN, ("01M", "01OFFICE")),
        CHIEF: Whereabouts(CHIEFS, ("01M",)),
        OTHER: Whereabouts(OTHERS, ("01SANTE",)),
    }
    return replace(house.mail, postmaster=POSTMASTER)


async def journal(house: House, subject: Subject, subject_id: str, *to: str) -> None:
    kept = Journal(
        f"01J{subject.value}{subject_id}", subject, subject_id, "x", (), to, False, "01JADMIN", house.clock()
    )
    await house.mail.store.journals.insert(kept, [])
    house.mail.known.journals.clear()


async def reports(house: House, mail: Mail) -> list[EmailMessage]:
    """What the archive has, when what is due was written."""
    house.clock.advance(seconds=11)
    await round_of(mail)
    return [parsed(await house.read(ARCHIVE, each.id)) for each in await messages(house, ARCHIVE)]


async def waiting(house: House) -> list[tuple[str, str]]:
    return await house.mail.store.journal_entries.due(house.clock() + timedelta(days=999))


async def messages(house: House, owner: str, name: str = "INBOX") -> list[Message]:
    box = await house.box(owner, name)
    return await house.mail.store.messages.listed(owner, box.id, 1, box.uid_next)


def parsed(octets: bytes) -> EmailMessage:
    return message_from_bytes(octets, policy=policy.default)


def told(report: EmailMessage) -> list[str]:
    return cast(str, next(report.iter_parts()).get_content()).splitlines()


def original(report: EmailMessage) -> EmailMessage:
    _, attached = report.iter_parts()
    assert attached.get_content_type() == "message/rfc822"
    return cast(EmailMessage, attached.get_content())


async def come(house: House, mail: Mail, source: bytes, *owners: str, sender: str = "x@example.org") -> None:
    addresses = {account: address for address, account in house.people.heard.items()}
    content = await house.content(source)
    deliveries = [Delivery(Recipient(each, addresses[each]), b"Received: from x by y; z\r\n") for each in owners]
    await deliver(mail, sender=sender, content=content, deliveries=deliveries)


async def test_a_letter_within_is_one_report_with_all_who_get_it(house: House, mail: Mail) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    at, source = house.clock(), letter("Budget", To=CHIEFS, Cc=OTHERS, Bcc="secret@example.org")
    await send(mail, Sender(AGENT, OWN), chunked(source))
    (report,) = await reports(house, mail)
    assert told(report) == [
        f"Sender: {OWN}", "Subject: Budget", "Message-Id: <Budget@numerique.gouv.tg>", "Direction: received, sent",
        f"Date: {at:%Y-%m-%dT%H:%M:%SZ}",
        f"To: {CHIEFS}", f"Cc: {OTHERS}", "Bcc: secret@example.org",
    ]  # fmt: skip
    whole = original(report)
    assert (whole["Subject"], whole["Bcc"], whole.get_content()) == ("Budget", None, "Bonjour.\r\n")
    assert report["X-Journal-Report"]
    assert report["Auto-Submitted"] == "auto-generated"
    # Nobody sees it, and it is nobody's but the archive's.
    assert len(await messages(house, CHIEF)) == len(await messages(house, AGENT, "Sent")) == 1
    usage = await house.mail.store.usages.of(AGENT)
    assert usage.usage.messages == 1
    assert len(await reports(house, mail)) == 1
    assert await waiting(house) == []


async def test_what_comes_from_outside_is_reported_as_it_came(house: House, mail: Mail) -> None:
    await journal(house, Subject.UNIT, "01OFFICE", ARCHIVES)
    await journal(house, Subject.ACCOUNT, CHIEF, ARCHIVES)
    source = letter("Appel", From="x@example.org", To="liste@example.org")
    await come(house, mail, source, AGENT, CHIEF, OTHER)
    (report,) = await reports(house, mail)
    assert sorted(told(report)[5:]) == [f"Recipient: {OWN}", f"Recipient: {CHIEFS}"]
    assert told(report)[3] == "Direction: received"
    assert original(report)["Received"] == "from x by y; z"


async def test_a_domain_has_a_journal(house: House, mail: Mail) -> None:
    await journal(house, Subject.DOMAIN, "sante.gouv.tg", ARCHIVES)
    await come(house, mail, letter("Un"), AGENT)
    await come(house, mail, letter("Deux"), OTHER)
    await send(mail, Sender(OTHER, OTHERS), chunked(letter("Trois", From=OTHERS, To="x@example.org")))
    found = await reports(house, mail)
    assert sorted(each["Subject"] for each in found) == ["Journal : Deux", "Journal : Trois"]


async def test_who_is_in_no_journal_costs_no_question(house: House, mail: Mail) -> None:
    async def asked(subject: str) -> int:
        """Questions for a letter that comes, and for one that is sent."""
        before = house.recorder.count
        await come(house, mail, letter(subject), AGENT)
        await send(mail, Sender(AGENT, OWN), chunked(letter(f"{subject} bis", To="x@example.org")))
        return house.recorder.count - before

    counts = [await asked(f"Lettre {number}") for number in range(2)]
    await journal(house, Subject.UNIT, "01SANTE", ARCHIVES)
    await asked("Lettre 2")
    assert await asked("Lettre 3") == counts[1]
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    await asked("Lettre 4")
    # The two entries.
    assert await asked("Lettre 5") == counts[1] + 2


async def test_the_letter_and_what_is_to_be_reported_are_one_transaction(
    house: House, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)

    async def dying(*_: Any, **__: Any) -> None:
        raise ConnectionResetError("the process dies here")

    with monkeypatch.context() as dead:
        dead.setattr(house.mail.store.journal_entries, "insert", dying)
        with pytest.raises(ConnectionResetError):
            await come(house, mail, letter("Une"), CHIEF)
        with pytest.raises(ConnectionResetError):
            await send(mail, Sender(AGENT, OWN), chunked(letter("Deux", To="x@example.org")))
    assert (await messages(house, CHIEF), house.queued.entries, await reports(house, mail)) == ([], [], [])
    for _ in range(2):
        await come(house, mail, letter("Une"), CHIEF)
        await send(mail, Sender(AGENT, OWN), chunked(letter("Deux", To="x@example.org")))
    assert len(await messages(house, CHIEF)) == len(house.queued.entries) == 1
    assert len(await reports(house, mail)) == 2


async def test_a_worker_that_dies_anywhere_loses_and_doubles_no_report(
    house: House, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    await come(house, mail, letter("Une"), CHIEF)
    entries = house.mail.store.journal_entries
    content = await house.content(letter("Une"))
    for step in ("claim", "of_report", "remove"):
        real = getattr(entries, step)

        async def dying(*given: Any, step: str = step, real: Any = real, **also: Any) -> None:
            if step == "claim":
                await real(*given, **also)
            raise ConnectionResetError("the process dies here")

        with monkeypatch.context() as dead:
            dead.setattr(entries, step, dying)
            house.clock.advance(minutes=11)
            with pytest.raises(ConnectionResetError):
                await round_of(mail)
        assert await named_blobs(house.mail, [content.blob]) == {content.blob}
        # What comes of the same letter meanwhile is another report's.
        await come(house, mail, letter("Une"), AGENT, sender="x@example.org")
    house.clock.advance(minutes=11)
    found = await reports(house, mail)
    assert sorted(told(each)[5] for each in found) == [f"Recipient: {OWN}", f"Recipient: {CHIEFS}"]
    assert len({each["Message-ID"] for each in found}) == 2


async def test_a_script_hides_nothing(house: House, mail: Mail) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    scripts = mail.store.scripts
    seen = await scripts.of(AGENT)
    source = b'require "copy"; if header :is "subject" "Secret" { discard; } else { redirect :copy "y@example.net"; }'
    assert await scripts.keep(AGENT, seen, seen.put("tri", source))
    await activate_script(mail, AGENT, "tri")
    await come(house, mail, letter("Secret"), AGENT)
    await come(house, mail, letter("Autre"), AGENT)
    assert [each.subject for each in await messages(house, AGENT)] == ["Autre"]
    found = await reports(house, mail)
    assert sorted((each["Subject"], told(each)[3][11:], told(each)[-1]) for each in found) == [
        ("Journal : Autre", "received", f"Recipient: {OWN}"),
        ("Journal : Autre", "sent", "Bcc: y@example.net"),
        ("Journal : Secret", "received", f"Recipient: {OWN}"),
    ]


async def test_an_archive_elsewhere_gets_it_once_and_what_comes_back_the_postmaster(
    house: House, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal(house, Subject.UNIT, "01M", ELSEWHERE, ARCHIVES)
    await come(house, mail, letter("Une"), CHIEF)
    house.clock.advance(seconds=11)

    async def dying(**_: Any) -> None:
        raise Unavailable("database")

    with monkeypatch.context() as dead:
        dead.setattr(house.queued, "enqueue", dying)
        await round_of(mail)
    assert len(await reports(house, mail)) == 1
    house.clock.advance(minutes=11)
    for _ in range(2):
        await round_of(mail)
    (entry,) = house.queued.entries
    assert (entry["sender"], entry["recipients"], entry["owner"]) == (
        "postmaster+journal@gouv.tg", [ELSEWHERE], "01JPOST",
    )  # fmt: skip
    assert entry["wishes"].ret == "FULL"
    octets = b"".join([piece async for piece in mail.blobs.open(entry["blob"])])
    assert original(parsed(octets))["Subject"] == "Une"
    assert await waiting(house) == []


async def test_reports_are_never_reported(house: House, mail: Mail) -> None:
    """Neither by the archive's own mailbox, nor when one comes back from elsewhere, nor what tells that it failed."""
    await journal(house, Subject.DOMAIN, "numerique.gouv.tg", ARCHIVES)
    await journal(house, Subject.DOMAIN, "gouv.tg", ARCHIVES)
    await come(house, mail, letter("Une"), AGENT)
    assert len(await reports(house, mail)) == 1
    (kept,) = await messages(house, ARCHIVE)
    report = await house.read(ARCHIVE, kept.id)
    await come(house, mail, report, AGENT, sender="srs0=x@archive.example.org")
    bounce = Delivery(Recipient("01JPOST", "postmaster+journal@gouv.tg"), b"")
    await deliver(mail, sender="", content=await house.content(letter("Bounce")), deliveries=[bounce])
    assert len(await reports(house, mail)) == 1
    # Whoever puts such a field into a letter hides nothing by it.
    name, _, seal = next(
        line for line in report.decode().splitlines() if line.startswith("X-Workspace-Journal")
    ).partition(": ")
    forged = seal[:-6] + ("A" if seal[-6] != "A" else "B") + seal[-5:]
    for number, each in enumerate((forged, "01J k1:????", "01J k9:AAAA", "01J x")):
        await come(house, mail, f"{name}: {each}\r\n".encode() + letter(f"Faux {number}"), AGENT)
    assert len(await reports(house, mail)) == 5


async def test_what_the_platform_says_is_no_letter_of_anybodys(house: House, mail: Mail) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    platform = Sender("directory", "postmaster@gouv.tg")
    await send(mail, platform, chunked(letter("Secret", From="postmaster@gouv.tg", To=CHIEFS)), envelope_from="",
               recipients=[CHIEFS], of_platform=True)  # fmt: skip
    notice = Delivery(Recipient(CHIEF, CHIEFS), b"", beyond_quota=True)
    await deliver(mail, sender="", content=await house.content(letter("Avis")), deliveries=[notice])
    assert len(await messages(house, CHIEF)) == 2
    assert await reports(house, mail) == []


async def test_what_nobody_can_take_waits(house: House, mail: Mail) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    await come(house, mail, letter("Une"), CHIEF)
    archive = house.people.heard.pop(ARCHIVES)
    house.people.away = Unavailable("directory")
    house.clock.advance(seconds=11)
    assert await round_of(mail) == 1
    assert await round_of(mail) == 0
    house.clock.advance(days=40)
    assert await round_of(mail) == 1
    house.people.heard[ARCHIVES] = archive
    house.clock.advance(minutes=11)
    assert len(await reports(house, mail)) == 1


async def test_what_many_get_at_once_is_bounded(house: House, mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    monkeypatch.setattr("services.mail.store.journals.AT_ONCE", 2)
    for number in range(5):
        await come(house, mail, letter(f"Lettre {number}"), CHIEF)
    house.clock.advance(seconds=11)
    assert [await write_journals.write_journals(mail) for _ in range(4)] == [2, 2, 1, 0]
    assert len(await messages(house, ARCHIVE)) == 5


async def test_of_a_letter_to_very_many_there_are_several_reports(
    house: House, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    monkeypatch.setattr("services.mail.store.journals.MOST_TOGETHER", 2)
    members = {f"01JM{number}": f"membre{number}@numerique.gouv.tg" for number in range(5)}
    for account, address in members.items():
        house.people.heard[address] = account
        house.people.stands[account] = Whereabouts(address, ("01M",))
    await come(house, mail, letter("Note", From="x@example.org", To="liste@example.org"), *members)
    house.clock.advance(seconds=11)
    assert [await round_of(mail) for _ in range(4)] == [1, 1, 1, 0]
    lines = [told(each)[5:] for each in await reports(house, mail)]
    assert sorted(map(len, lines)) == [1, 2, 2]
    named = sorted(line for report in lines for line in report)
    assert named == [f"Recipient: {each}" for each in sorted(members.values())]


async def test_a_letter_of_any_size_to_many_is_reported(house: House, mail: Mail) -> None:
    """The report is longer than any letter may be."""
    source = letter("Note")
    mail = replace(mail, options=replace(mail.options, max_message=len(source)))
    recipients = tuple(f"{'a' * 200}{number}@numerique.gouv.tg" for number in range(5000))
    blob = (await house.content(source)).blob
    entry = Journaled(ARCHIVES, blob, Direction.SENT, OWN, recipients, house.clock())
    await mail.store.transaction(lambda session: mail.store.journal_entries.insert([entry], session=session))
    (report,) = await reports(house, mail)
    assert len(told(report)) == 5 + len(recipients)


async def test_a_journal_about_an_account_goes_with_it(house: House, mail: Mail) -> None:
    await journal(house, Subject.ACCOUNT, AGENT, ARCHIVES)
    await journal(house, Subject.UNIT, "01M", ARCHIVES)
    await begin_erasure(house.mail, AGENT)
    await erase_due(house.mail)
    assert [each.subject for each in await house.mail.store.journals.open()] == [Subject.UNIT]
