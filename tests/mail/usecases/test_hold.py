"""Messages that wait for their time: they leave once, or come back, whoever dies meanwhile."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.documents import ensure_indexes
from chassis.errors import NotFound, OverQuota, TooManyRequests
from chassis.people import INDEXES, People
from services.mail.domain.envelope import Sender, Submission
from services.mail.domain.options import Options
from services.mail.domain.quota import Quota
from services.mail.usecases import named_blobs, resume_submissions, send
from services.mail.usecases.erase_account import begin_erasure, erase_account
from services.mail.usecases.hold import MOST_HELD, cancel_held, list_held, reschedule_held
from services.mail.usecases.known import Known
from services.mail.usecases.release import release_due
from tests.mail.house import House, chunked, letter

OWNER, ADDRESS = "01AGENT1", "agent1@numerique.gouv.tg"
SENDER = Sender(OWNER, ADDRESS)
HERE, THERE = "agent2@sante.gouv.tg", "b@example.org"
TOMORROW = timedelta(days=1)


@pytest.fixture
async def people(house: House) -> People:
    await ensure_indexes(house.database, INDEXES)
    house.people.heard.update({HERE: "01AGENT2"})
    return await known(house)


async def known(house: House, *, suspended: bool = False, address: str = ADDRESS, version: int = 1) -> People:
    """Directory's facts of the sender, as they were heard."""
    document = {
        "addresses": [address], "functions": [], "display_name": "Agent", "unit_id": "", "unit_path": [],
        "suspended": suspended, "told_at": datetime.now(UTC), "version": version,
    }  # fmt: skip
    await house.database["people"].update_one({"_id": OWNER}, {"$set": document}, upsert=True)
    return People(house.database)


async def held(house: House, subject: str = "Note", after: timedelta = TOMORROW, **fields: str) -> Submission:
    source = letter(subject, To=HERE, Cc=THERE, Bcc="c@example.org", **fields)
    return await send(house.mail, SENDER, chunked(source), release_at=house.clock() + after)


async def subjects(house: House, owner: str, mailbox: str = "INBOX") -> list[str]:
    box = await house.mail.store.mailboxes.named(owner, mailbox)
    documents = await house.database["messages"].find({"owner": owner}).to_list(100)
    return [each["subject"] for each in documents if box is not None and each["mailbox"] == box.id]


async def test_it_leaves_once_when_its_time_has_come(house: House, people: People) -> None:
    submission = await held(house)
    assert submission.release_at == house.clock() + TOMORROW
    assert await release_due(house.mail, people) == 0
    assert await subjects(house, "01AGENT2") == await subjects(house, OWNER, "Sent") == house.queued.entries == []
    (waiting,) = await list_held(house.mail, OWNER)
    assert (waiting.id, waiting.subject) == (submission.id, "Note")
    house.clock.advance(days=1, seconds=1)
    assert await release_due(house.mail, people) == 1
    assert await release_due(house.mail, people) == 0
    assert await subjects(house, "01AGENT2") == await subjects(house, OWNER, "Sent") == ["Note"]
    (entry,) = house.queued.entries
    assert sorted(entry["recipients"]) == [THERE, "c@example.org"]
    assert len(await house.facts("message_sent")) == 1
    assert await list_held(house.mail, OWNER) == []


async def test_one_that_has_no_date_has_that_of_its_time(house: House, people: People) -> None:
    await held(house, Date="")
    house.clock.advance(days=1, seconds=1)
    await release_due(house.mail, people)
    (document,) = await house.database["messages"].find({"owner": "01AGENT2"}).to_list(2)
    text = await house.read("01AGENT2", document["_id"].rpartition(".")[2])
    assert (house.clock() - timedelta(seconds=1)).strftime("Date: %a, %d %b %Y %H:%M:%S").encode() in text


async def test_what_is_taken_back_is_a_draft_and_may_be_sent_again(house: House, people: People) -> None:
    submission = await held(house)
    draft = await cancel_held(house.mail, OWNER, submission.id)
    assert await subjects(house, OWNER, "Drafts") == ["Note"]
    assert b"Bcc: c@example.org\r\n" in await house.read(OWNER, draft)
    with pytest.raises(NotFound):
        await cancel_held(house.mail, OWNER, submission.id)
    house.clock.advance(days=2)
    assert await release_due(house.mail, people) == 0
    assert not (await held(house)).repeated
    assert (await held(house)).repeated
    assert len(await list_held(house.mail, OWNER)) == 1


async def test_it_is_given_another_time(house: House, people: People) -> None:
    submission = await held(house)
    await reschedule_held(house.mail, OWNER, submission.id, house.clock() + timedelta(days=3))
    house.clock.advance(days=2)
    assert await release_due(house.mail, people) == 0
    await reschedule_held(house.mail, OWNER, submission.id, None)
    assert await release_due(house.mail, people) == 1
    assert await subjects(house, "01AGENT2") == ["Note"]


async def test_it_is_nobody_elses(house: House, people: People) -> None:
    submission = await held(house)
    for act in (cancel_held(house.mail, "01AGENT2", submission.id),
                reschedule_held(house.mail, "01AGENT2", submission.id, None)):  # fmt: skip
        with pytest.raises(NotFound):
            await act
    assert await list_held(house.mail, "01AGENT2") == []


async def test_of_taking_back_and_leaving_at_once_one_happens(house: House, people: People) -> None:
    submissions = [await held(house, f"Note {number}") for number in range(4)]
    house.clock.advance(days=1, seconds=1)
    outcomes = await asyncio.gather(
        release_due(house.mail, people),
        release_due(house.mail, people),
        *(cancel_held(house.mail, OWNER, each.id) for each in submissions),
        return_exceptions=True,
    )
    assert all(not isinstance(each, BaseException) or isinstance(each, NotFound) for each in outcomes)
    house.clock.advance(minutes=2)
    await release_due(house.mail, people)
    went, back = await subjects(house, OWNER, "Sent"), await subjects(house, OWNER, "Drafts")
    assert sorted(went + back) == [f"Note {number}" for number in range(4)]
    assert sorted(await subjects(house, "01AGENT2")) == sorted(went)
    assert await list_held(house.mail, OWNER) == []


async def test_a_crash_at_the_time_of_leaving_loses_and_doubles_nothing(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.mail.usecases import release

    await held(house)
    house.clock.advance(days=1, seconds=1)

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    # Within the transaction, and after it.
    for place, sent in ((house.mail.store.submissions, 0), (release, 1)):
        with monkeypatch.context() as patched:
            patched.setattr(place, "insert" if sent == 0 else "deliver_here", lambda *_, **__: killed())
            with pytest.raises(KeyboardInterrupt):
                await release_due(house.mail, people)
        assert len(await list_held(house.mail, OWNER)) == 1 - sent
        assert await subjects(house, OWNER, "Sent") == ["Note"] * sent
    house.clock.advance(minutes=3)
    await release_due(house.mail, people)
    await resume_submissions(house.mail)
    await resume_submissions(house.mail)
    assert await subjects(house, "01AGENT2") == await subjects(house, OWNER, "Sent") == ["Note"]
    assert len(house.queued.entries) == 1


@pytest.mark.parametrize("change", [{"suspended": True}, {"address": "autre@numerique.gouv.tg"}])
async def test_who_may_not_send_any_more_sends_nothing(house: House, people: People, change: dict[str, Any]) -> None:
    await held(house)
    people = await known(house, version=2, **change)
    house.clock.advance(days=1, seconds=1)
    await release_due(house.mail, people)
    await release_due(house.mail, people)
    assert await subjects(house, "01AGENT2") == await subjects(house, OWNER, "Sent") == house.queued.entries == []
    assert await subjects(house, OWNER, "Drafts") == ["Note"]
    assert await subjects(house, OWNER) == ["Message non remis / Undelivered message"]


async def test_whose_account_nothing_is_heard_of_waits(house: House, people: People) -> None:
    await held(house)
    await house.database["people"].delete_one({"_id": OWNER})
    house.clock.advance(days=1, seconds=1)
    await release_due(house.mail, people)
    assert len(await list_held(house.mail, OWNER)) == 1
    people = await known(house)
    assert await release_due(house.mail, people) == 0
    house.clock.advance(minutes=1)
    await release_due(house.mail, people)
    assert await subjects(house, "01AGENT2") == ["Note"]


async def test_that_of_a_deleted_account_does_not_leave_and_is_seldom_looked_at(house: House, people: People) -> None:
    await held(house)
    await house.database["people"].delete_one({"_id": OWNER})
    await begin_erasure(house.mail, OWNER)
    house.clock.advance(days=2)
    assert await release_due(house.mail, people) == 1
    house.clock.advance(hours=1)
    assert await release_due(house.mail, people) == 0
    assert house.queued.entries == []
    assert len(await list_held(house.mail, OWNER)) == 1


async def test_limits_count_when_it_is_sent_and_so_many_are_held(house: House, people: People) -> None:
    await held(house)
    tally = await house.mail.store.tallies.of(OWNER, house.clock(), session=None)
    assert (tally.foreign_hour, tally.all_hour) == (2, 3)
    template = (await house.database["held"].find({"owner": OWNER}).to_list(1))[0]
    await house.database["held"].insert_many(
        [{**template, "_id": f"{OWNER}.copy{number}"} for number in range(MOST_HELD - 1)]
    )
    with pytest.raises(TooManyRequests):
        await held(house, "Une de trop")


async def test_what_is_held_keeps_its_blob_and_goes_with_its_account(house: House, people: People) -> None:
    await held(house)
    (waiting,) = await list_held(house.mail, OWNER)
    assert await named_blobs(house.mail, [waiting.accepted.blob]) == {waiting.accepted.blob}
    await erase_account(house.mail, OWNER)
    assert await list_held(house.mail, OWNER) == []


async def test_a_mailbox_that_is_full_by_then_keeps_no_letter_from_leaving(house: House, people: People) -> None:
    submission = await held(house)
    back = await held(house, "Reprise")
    house.mail = replace(house.mail, options=Options(quota=Quota(1, 1)), known=Known())
    with pytest.raises(OverQuota):
        await held(house, "Une de trop")
    await cancel_held(house.mail, OWNER, back.id)
    house.clock.advance(days=1, seconds=1)
    await release_due(house.mail, people)
    assert await list_held(house.mail, OWNER) == []
    assert await subjects(house, OWNER, "Drafts") == ["Reprise"]
    assert await subjects(house, OWNER, "Sent") == ["Note"]
    assert [entry["submission_id"] for entry in house.queued.entries] == [submission.id]
