"""A letter among ourselves to a full mailbox waits here, comes once, and its sender is told when it does not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.mail.domain.envelope import Sender
from services.mail.domain.options import Options
from services.mail.domain.quota import Quota
from services.mail.domain.uids import ALL
from services.mail.usecases import append, expunge, resume_submissions, send
from services.mail.usecases.known import Known
from tests.mail.house import House, chunked, letter

SENDER = Sender("01JSENDER", "agent1@numerique.gouv.tg")
FULL, ROOMY = "01JFULL", "01JROOMY"
KEPT = "En trop"


@pytest.fixture
async def full(house: House) -> House:
    house.people.heard = {"plein@gouv.tg": FULL, "vide@gouv.tg": ROOMY}
    house.mail = replace(house.mail, options=Options(quota=Quota(messages=3)), known=Known())
    box = await house.box(FULL, "Archive")
    for _ in range(3):
        await append(house.mail, FULL, box.id, await house.content(letter(KEPT)))
    return house


async def sent(house: House, *recipients: str) -> None:
    await send(house.mail, SENDER, chunked(letter("Note")), recipients=recipients)


async def tried(house: House, hours: int, times: int = 1) -> int:
    """How many tries there were, looked for so often after so many hours each."""
    count = 0
    for _ in range(times):
        house.clock.advance(hours=hours)
        count += await resume_submissions(house.mail)
    return count


async def subjects(house: House, owner: str) -> list[str]:
    found = await house.database["messages"].find({"owner": owner}).to_list(100)
    return sorted(each["subject"] for each in found)


async def test_it_waits_and_comes_once_there_is_room(full: House) -> None:
    await sent(full, "plein@gouv.tg", "vide@gouv.tg")
    assert await subjects(full, ROOMY) == ["Note"]
    # Later than what shows that the other one has it is kept.
    assert await tried(full, 5, times=10) == 10
    await full.database["repeats"].delete_many({"_id": {"$gt": f"{ROOMY}.", "$lt": f"{ROOMY}/"}})
    assert await subjects(full, ROOMY) == ["Note"]
    await expunge(full.mail, FULL, (await full.box(FULL, "Archive")).id, ALL, only_deleted=False)
    assert await tried(full, 5, times=3) == 1
    assert await subjects(full, FULL) == ["Note"]
    assert await subjects(full, ROOMY) == ["Note"]
    assert await full.facts("message_bounced") == []


async def test_tries_become_rarer(full: House) -> None:
    await sent(full, "plein@gouv.tg")
    count = 0
    for _ in range(24 * 6):
        full.clock.advance(minutes=10)
        count += await resume_submissions(full.mail)
    assert 5 < count < 30


async def test_in_the_end_its_sender_is_told_once(full: House) -> None:
    await sent(full, "plein@gouv.tg", "vide@gouv.tg")
    await tried(full, 5, times=14)
    assert await full.facts("message_bounced") == []
    await tried(full, 5, times=3)
    (fact,) = await full.facts("message_bounced")
    told = json.loads(fact["body"])["data"]
    assert (told["recipient"], told["status"]) == ("plein@gouv.tg", "5.2.2")
    inbox = await full.box(SENDER.account_id)
    assert inbox.messages == 1
    (notice,) = await full.database["messages"].find({"owner": SENDER.account_id, "mailbox": inbox.id}).to_list(5)
    source = (await full.read(SENDER.account_id, notice["_id"].partition(".")[2])).decode()
    assert "La boîte du destinataire est pleine." in source
    assert "Final-Recipient: rfc822; plein@gouv.tg" in source
    assert "vide@gouv.tg" not in source.partition("Content-Type: message/delivery-status")[2]
    assert await tried(full, 5, times=3) == 0
    assert await subjects(full, FULL) == [KEPT] * 3


async def test_a_crash_before_it_is_written_down_tells_nobody_twice(
    full: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(full, "plein@gouv.tg")
    full.clock.advance(days=3, minutes=1)

    async def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(type(full.mail.store.submissions), "left", dies)
        with pytest.raises(RuntimeError):
            await resume_submissions(full.mail)
    assert await tried(full, 1) == 1
    assert (await full.box(SENDER.account_id)).messages == 1
    assert len(await full.facts("message_bounced")) == 1


async def test_what_the_platform_writes_ends_silently(full: House) -> None:
    await send(
        full.mail, SENDER, chunked(letter("Secret")), envelope_from="", recipients=["plein@gouv.tg"], of_platform=True
    )
    assert await tried(full, 5, times=20) > 5
    assert await tried(full, 5, times=2) == 0
    assert await full.facts("message_bounced") == []
    assert (await full.box(SENDER.account_id)).messages == 0


async def test_a_sender_who_is_full_too_is_told_all_the_same(full: House) -> None:
    await sent(full, "plein@gouv.tg")
    box = await full.box(SENDER.account_id, "Archive")
    for _ in range(2):
        await append(full.mail, SENDER.account_id, box.id, await full.content(letter(KEPT)))
    await tried(full, 5, times=16)
    assert (await full.box(SENDER.account_id)).messages == 1
