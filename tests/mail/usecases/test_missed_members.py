"""Members of a list without room: who wrote is told once of all of them, by name only where it is one of them."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.documents import ensure_indexes
from chassis.people import INDEXES
from services.mail.domain.envelope import Delivery
from services.mail.domain.missed_letter import MOST_NAMED, Missed, missed_letter
from services.mail.domain.options import Options
from services.mail.domain.quota import Quota
from services.mail.store import list_letters
from services.mail.usecases import append, deliver, expand_lists, missed_members, named_blobs, resume_submissions
from services.mail.usecases.erase_account import erase_account
from services.mail.usecases.known import Known
from services.mail.usecases.missed_members import tell_missed
from services.mail.usecases.moderate import accept, list_moderated
from services.mail.usecases.resolve_recipient import resolve_recipient
from tests.mail.house import House, letter
from tests.mail.usecases.moderated_list import MODERATOR, acting, give
from tests.mail.usecases.test_lists import ADDRESS, LIST, MINISTRY, Land, account

TITLE = "Des membres de la liste n'ont pas votre message / Members of the list miss your message"


@pytest.fixture
async def land(house: House, monkeypatch: pytest.MonkeyPatch) -> Land:
    """1, 2 and 3 are members, each a page of its own; 2 and 3 have no room."""
    await ensure_indexes(house.database, INDEXES)
    land = Land(house)
    land.mail = replace(land.mail, options=Options(quota=Quota(messages=3)), known=Known())
    land.events._mail = land.mail
    monkeypatch.setattr(expand_lists, "PAGE", 1)
    await land.staff(1, 2, 3, 4)
    members = [account(number) for number in (1, 2, 3)]
    await land.hear(address=ADDRESS, account_ids=members, writers="platform", unit_id=MINISTRY)
    for number in (2, 3):
        box = await house.box(account(number), "Archive")
        for _ in range(3):
            await append(land.mail, account(number), box.id, await house.content(letter("Plein")))
    return land


async def wait(land: Land, hours: int) -> None:
    """As long as the worker does."""
    for _ in range(0, hours, 4):
        land.house.clock.advance(hours=4)
        await resume_submissions(land.mail)
        await tell_missed(land.mail)


async def told(land: Land, number: int) -> list[str]:
    found = [each for each in await land.received(number) if each.subject == TITLE]
    return [(await land.house.read(account(number), each.id)).decode() for each in found]


async def test_who_wrote_is_told_once_of_all_members_without_room(land: Land) -> None:
    await land.write(1, "Budget")
    await land.expand()
    await wait(land, 3 * 24)
    assert await told(land, 1) == []
    await wait(land, 24)
    (text,) = await told(land, 1)
    assert "« Budget »" in text
    assert f"<{ADDRESS}>" in text
    assert "Membres qui ne l'ont pas : 2." in text
    assert text.index("Votre message") < text.index("Your message")
    assert [f"<agent{number}@numerique.gouv.tg>" in text for number in (2, 3)] == [True, True]
    await wait(land, 24)
    assert len(await told(land, 1)) == 1


async def test_who_is_no_member_is_told_how_many_and_not_who(land: Land) -> None:
    await land.write(4)
    await land.expand()
    await wait(land, 4 * 24)
    (text,) = await told(land, 4)
    assert "Membres qui ne l'ont pas : 2." in text
    assert "agent2@" not in text
    assert await told(land, 1) == []


@pytest.mark.parametrize("proven", [True, False])
async def test_from_outside_who_is_proven_is_told_how_many(land: Land, proven: bool) -> None:
    await give(land, "nobody", MODERATOR, outside="moderated")
    recipient, content = await resolve_recipient(land.mail, ADDRESS), await land.house.content(letter())
    deliveries = [Delivery(recipient, proven=proven)]
    await deliver(land.mail, sender="a@example.org", content=content, deliveries=deliveries)
    (waiting,) = await list_moderated(land.mail, account(2), "", 5)
    await accept(land.mail, acting(2), waiting.id)
    await land.expand()
    await wait(land, 4 * 24)
    assert [each["recipients"] for each in land.house.queued.entries] == [("a@example.org",)] * proven
    for entry in land.house.queued.entries:
        text = b"".join([piece async for piece in land.mail.blobs.open(entry["blob"])]).decode()
        assert "ne l'ont pas : 2." in text
        assert "agent2@" not in text


async def test_a_crash_while_it_is_told_tells_nobody_twice(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    await land.write(1)
    await land.expand()
    await wait(land, 3 * 24)
    letters = land.mail.store.list_letters
    with monkeypatch.context() as patched:

        async def killed(*_given: Any) -> None:
            raise KeyboardInterrupt

        patched.setattr(letters, "was_told", killed)
        with pytest.raises(KeyboardInterrupt):
            await wait(land, 24)
    # A page that is given up only now comes too late.
    (written,) = await letters.of(account(1))
    await letters.missed(LIST, written.id, [account(4)], land.house.clock())
    await wait(land, 8)
    (text,) = await told(land, 1)
    assert "Membres qui ne l'ont pas : 2." in text


async def test_nobody_is_told_of_an_author_who_is_gone_and_nothing_is_kept_longer(land: Land) -> None:
    await land.write(1)
    (due,) = await land.house.database["list_letters"].find({"author": account(1)}).to_list(2)
    await land.expand()
    assert await named_blobs(land.mail, [due["blob"]]) == {due["blob"]}
    (kept,) = await land.house.database["list_letters"].find({"author": account(1)}).to_list(2)
    assert not {"blob", "trace", "due"} & set(kept)
    assert (kept["until"].replace(tzinfo=None) - kept["at"].replace(tzinfo=None)).days == 5
    await erase_account(land.mail, account(1))
    assert await land.mail.store.list_letters.of(account(1)) == []
    await wait(land, 4 * 24)
    assert await told(land, 1) == []
    assert land.house.queued.entries == []


async def test_of_very_many_it_is_known_that_they_are_more(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (list_letters, missed_members):
        monkeypatch.setattr(module, "MOST_MISSED", 1)
    await land.write(1)
    await land.expand()
    await wait(land, 4 * 24)
    (text,) = await told(land, 1)
    assert "plus de 1." in text
    moment = land.house.clock()
    many = Missed("01X", moment, ADDRESS, "x" * 900, 999, True, [f"a{number}@gouv.tg" for number in range(999)])
    source = missed_letter(many, "agent1@numerique.gouv.tg", "gouv.tg")
    assert source.count(b"@gouv.tg>\r\n  ") == MOST_NAMED
    assert len(source) < 4000
