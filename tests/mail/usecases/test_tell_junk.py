"""What came to the junk mailbox is told in the morning, once, in French and in English."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Unavailable
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Delivery, Recipient
from services.mail.domain.junk_digest import MOST, Line, junk_digest, next_morning
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.sharing import Function
from services.mail.domain.uids import ALL
from services.mail.usecases import deliver, expunge, list_mailboxes, store_source
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.tell_junk import tell_junk
from tests.mail.house import House, chunked, letter

ADDRESS = "agent1@numerique.gouv.tg"
AT = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def evening(house: House, owner: str) -> None:
    house.people.heard[ADDRESS] = owner
    house.people.stands[owner] = Whereabouts(ADDRESS)
    house.clock.moment = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)


async def junk(house: House, owner: str, *subjects: str) -> None:
    for subject in subjects:
        content = await store_source(house.mail, chunked(letter(subject, From="Gain <gain@example.org>")))
        to = Delivery(Recipient(owner, ADDRESS), junk=True)
        await deliver(house.mail, sender="gain@example.org", content=content, deliveries=[to])


async def told(house: House, owner: str) -> list[EmailMessage]:
    box = await house.box(owner)
    rows = await house.mail.store.messages.listed(owner, box.id, 1, box.uid_next)
    return [message_from_bytes(await house.read(owner, row.id), policy=default) for row in rows]  # type: ignore[arg-type,misc]


async def to_morning(house: House) -> int:
    house.clock.moment = next_morning(house.clock.moment)
    return await tell_junk(house.mail)


async def test_what_came_is_listed_in_the_morning_once(house: House, owner: str) -> None:
    await junk(house, owner, "Vous avez gagné", "Deuxième")
    assert await tell_junk(house.mail) == 0
    assert await to_morning(house) == 1
    (found,) = await told(house, owner)
    assert found["Subject"] == "Courrier indésirable : 2 nouveau(x) message(s) / Junk mail: 2 new"
    body = found.get_content()
    assert body.index("Deuxième") < body.index("Vous avez gagné")
    assert "gain@example.org" in body
    assert await to_morning(house) == 0
    await junk(house, owner, "Troisième")
    assert await to_morning(house) == 1
    assert "Deuxième" not in (await told(house, owner))[-1].get_content()
    assert len(await told(house, owner)) == 2


async def test_a_letter_that_was_written_when_the_process_died_comes_once(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await junk(house, owner, "Premier")

    async def died(*_: object) -> None:
        raise Unavailable("killed")

    with monkeypatch.context() as patch:
        patch.setattr(house.mail.store.digests, "done", died)
        await to_morning(house)
    await junk(house, owner, "Après")
    house.clock.advance(minutes=1)
    assert await tell_junk(house.mail) == 1
    assert len(await told(house, owner)) == 1
    await junk(house, owner, "Encore")
    await to_morning(house)
    body = (await told(house, owner))[-1].get_content()
    assert "Après" in body
    assert "Premier" not in body


async def test_what_was_looked_at_and_removed_is_not_told(house: House, owner: str) -> None:
    await junk(house, owner, "Parti")
    (box,) = [each for each in await list_mailboxes(house.mail, owner) if each.special_use is SpecialUse.JUNK]
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    assert await to_morning(house) == 1
    assert await told(house, owner) == []


async def test_nobody_is_told_who_is_suspended_or_does_not_want_it(house: House, owner: str) -> None:
    await house.mail.store.digests.want(owner, False)
    await junk(house, owner, "Un")
    assert await to_morning(house) == 0
    assert not await house.mail.store.digests.wanted(owner)
    await house.mail.store.digests.want(owner, True)
    await junk(house, owner, "Deux")
    del house.people.heard[ADDRESS]
    await to_morning(house)
    assert await told(house, owner) == []
    assert await to_morning(house) == 0


async def test_who_holds_a_function_is_told_in_its_own_mailbox(house: House, owner: str) -> None:
    function = "01JFUNCTION000000000000001"
    await follow_function(house.mail, Function(function, "courrier@sante.gouv.tg", (owner,), True, 1))
    house.people.stands[function] = Whereabouts("courrier@sante.gouv.tg")
    await junk(house, function, "Un")
    assert await to_morning(house) == 1
    (found,) = await told(house, function)
    assert found["To"] == "courrier@sante.gouv.tg"
    assert await told(house, owner) == []


async def test_it_goes_with_the_account(house: House, owner: str) -> None:
    await junk(house, owner, "Un")
    await begin_erasure(house.mail, owner)
    await erase_due(house.mail)
    assert await to_morning(house) == 0
    assert await house.database["digests"].count_documents({"_id": owner}) == 0


def test_the_next_morning() -> None:
    assert next_morning(AT - timedelta(hours=1)) == AT
    assert next_morning(AT) == AT + timedelta(days=1)


def written(lines: Sequence[Line], junk: str = "Junk") -> bytes:
    return junk_digest(lines, junk, "https://espace.gouv.tg", AT, ADDRESS, "gouv.tg")


def lines(count: int) -> Sequence[Line]:
    return [Line(AT, f"a{number}@example.org", f"n° {number}") for number in range(count)]


def test_of_very_many_the_newest_are_listed() -> None:
    text = written(lines(MOST + 3)).decode()
    assert text.count("@example.org") == MOST
    assert "et 3 autres / and 3 more" in text


def test_no_link_of_a_stranger_is_one_in_our_letter() -> None:
    bad = Line(AT, "www.example.org <a@example.org>", "cliquez HTTPS://example.org/x ou http://example.org")
    text = written([bad]).decode().lower()
    assert text.count("://") == text.count("https://espace.gouv.tg") + 2
    assert "http://" not in text
    assert "www." not in text


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_strangers_write_it_is_a_list(author: str, subject: str) -> None:
    source = written([Line(AT, author, subject)] * 2)
    found = message_from_bytes(source, policy=default)
    assert sorted(found.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
         "Content-Transfer-Encoding"]
    )  # fmt: skip
    assert source.count(b"\r\n- 02/03/2026 07:00 UTC") == 2
    assert all(len(line) < 998 for line in source.split(b"\r\n"))
