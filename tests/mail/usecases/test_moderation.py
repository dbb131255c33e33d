"""Letters to a list that wait for a moderator: the members have them once one accepts, and never before."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from workspace.directory.v1.events_pb2 import AccountFact
from workspace.events.v1.envelope_pb2 import Envelope
from workspace.mail.v1.events_pb2 import ModerationDecided, ModerationRequested

from chassis.errors import Conflict, InvalidInput, NotFound
from services.mail.domain.moderation import Outcome
from services.mail.domain.moderation_letter import Moderated, outcome_letter
from services.mail.usecases import named_blobs, resume_submissions
from services.mail.usecases.ask_moderators import ask_moderators
from services.mail.usecases.await_moderation import tend_moderated
from services.mail.usecases.erase_account import erase_account
from services.mail.usecases.moderate import accept, discard, find_moderated, list_moderated, reject
from services.mail.usecases.personal_data import export_personal_data
from tests.mail.house import House
from tests.mail.usecases.moderated_list import MODERATOR, acting, give, moderated_list, subjects, told, waits
from tests.mail.usecases.test_lists import ADDRESS, LIST, OTHER, Land, account


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture
async def land(house: House) -> Land:
    return await moderated_list(house)


async def test_members_have_it_once_a_moderator_accepts_and_not_before(land: Land) -> None:
    await land.write(3)
    await land.expand()
    assert await land.received(1) == await land.received(4) == []
    (letter_id,) = await waits(land)
    await accept(land.mail, acting(2), letter_id)
    await land.expand()
    assert [len(await land.received(number)) for number in (1, 4)] == [1, 1]
    (message,) = await land.received(4)
    read = await land.house.read(account(4), message.id)
    assert b"List-Id: <budget.numerique.gouv.tg>\r\n" in read
    assert b"From: agent3@numerique.gouv.tg\r\n" in read
    assert await waits(land) == []
    acts = [each["act"] for each in await told(land, "act_recorded")]
    assert acts.count("accept_list_letter") == acts.count("put_list_policy") == 1
    with pytest.raises(NotFound):
        await accept(land.mail, acting(2), letter_id)


async def test_a_rejected_letter_tells_its_sender_why_and_a_discarded_one_nothing(land: Land) -> None:
    await land.write(3, "Un")
    await land.write(3, "Deux")
    first, second = await waits(land)
    for reason in ("", " \n", "x" * 501):
        with pytest.raises(InvalidInput):
            await reject(land.mail, acting(2), first, reason)
    await reject(land.mail, acting(2), first, "Hors sujet")
    await discard(land.mail, acting(2), second)
    await land.expand()
    assert await land.received(1) == []
    (decided,) = await told(land, "moderation_decided")
    assert (decided["subject"], decided["outcome"], decided["reason"]) == ("Un", "rejected", "Hors sujet")
    assert (decided["account_id"], decided["decided_by"]) == (account(3), MODERATOR)
    decided.pop("@type")
    for _ in range(2):
        await land.events.tell_of_moderation(ParseDict(decided, ModerationDecided()), Envelope(id="01FACT"))
    assert await subjects(land, 3) == ["Votre message à la liste est refusé / Your message to the list is rejected"]
    acts = [each["act"] for each in await told(land, "act_recorded")]
    assert "reject_list_letter" in acts
    assert "discard_list_letter" in acts


async def test_what_nobody_decides_on_expires(land: Land) -> None:
    await land.write(3)
    land.house.clock.advance(days=6, hours=23)
    assert await tend_moderated(land.mail) == 0
    land.house.clock.advance(hours=2)
    assert await tend_moderated(land.mail) == 1
    assert await waits(land) == []
    (decided,) = await told(land, "moderation_decided")
    assert (decided["outcome"], decided.get("decided_by", "")) == ("expired", "")
    await land.expand()
    assert await land.received(1) == []


async def test_moderators_and_sender_are_told_once_and_not_what_it_says(land: Land) -> None:
    await give(land, "platform", MODERATOR, "agent3@numerique.gouv.tg")
    await land.write(3, "Plan secret")
    (letter_id,) = await waits(land)
    assert [each["letter_id"] for each in await told(land, "moderation_requested")] == [letter_id]
    for _ in range(2):
        await land.events.ask_moderators(ModerationRequested(list_id=LIST, letter_id=letter_id), Envelope())
    assert await subjects(land, 2) == [
        "Un message à une liste attend votre décision / A message to a list waits for your decision"
    ]
    assert await subjects(land, 3) == ["Votre message attend un modérateur / Your message waits for a moderator"]
    text = (await land.house.read(account(2), (await land.received(2))[0].id)).decode()
    assert letter_id in text
    assert f"<{ADDRESS}>" in text
    assert "Plan" not in text
    await accept(land.mail, acting(2), letter_id)
    await ask_moderators(land.mail, letter_id)
    assert len(await land.received(2)) == 1


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_outcome_is_told_in_both_languages_with_its_reason(outcome: Outcome) -> None:
    told = Moderated("01X", datetime(2026, 1, 1, tzinfo=UTC), ADDRESS, "Plan", outcome, MODERATOR, "Hors sujet")
    text = outcome_letter(told, "agent3@numerique.gouv.tg", "gouv.tg").decode()
    assert text.index("« Plan »") < text.index("“Plan”")
    assert f"<{MODERATOR}> : Hors sujet" in text


@pytest.mark.parametrize("act", ["write", "accept", "reject", "discard", "expire"])
async def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(
    land: Land, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    store = land.mail.store
    steps = {
        "write": [(store.repeats, "note"), (store.moderated, "insert"), (store.notices, "tell")],
        "accept": [(store.moderated, "take"), (store.list_letters, "insert"), (store.notices, "tell")],
    }.get(act, [(store.moderated, "take"), (store.notices, "tell")])
    if act != "write":
        await land.write(3)
    waiting = await waits(land)

    async def resume() -> None:
        land.house.clock.advance(hours=1)
        await resume_submissions(land.mail)

    async def once() -> None:
        acts: dict[str, Callable[[], Awaitable[Any]]] = {
            "write": resume if await land.accepted(account(3)) else partial(land.write, 3),
            "accept": lambda: accept(land.mail, acting(2), waiting[0]),
            "reject": lambda: reject(land.mail, acting(2), waiting[0], "Non"),
            "discard": lambda: discard(land.mail, acting(2), waiting[0]),
        }
        if act == "expire":
            land.house.clock.advance(days=8)
            await tend_moderated(land.mail)
        else:
            await acts[act]()

    async def killed(done: Any, *given: Any, **also: Any) -> None:
        await done(*given, **also)
        raise Killed

    for place, name in steps:
        with monkeypatch.context() as patched:
            patched.setattr(place, name, partial(killed, getattr(place, name)))
            with pytest.raises(Killed):
                await once()
        assert await waits(land) == waiting
        assert await land.waiting() == len(await told(land, "moderation_decided")) == 0
    await once()
    await resume()
    await land.expand()
    assert len(await told(land, "moderation_requested")) == 1
    assert len(await waits(land)) == (act == "write")
    assert len(await told(land, "moderation_decided")) == (act not in ("write", "discard"))
    assert len(await land.received(1)) == (act == "accept")


async def test_of_all_who_act_at_once_one_does(land: Land) -> None:
    await give(land, "platform", MODERATOR, "agent4@numerique.gouv.tg")
    await land.write(3)
    (letter_id,) = await waits(land)
    outcomes = await asyncio.gather(
        accept(land.mail, acting(2), letter_id),
        accept(land.mail, acting(4), letter_id),
        reject(land.mail, acting(4), letter_id, "Non"),
        discard(land.mail, acting(2), letter_id),
        return_exceptions=True,
    )
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(failed) == 3
    assert all(isinstance(outcome, NotFound) for outcome in failed)
    await land.expand()
    assert len(await land.received(1)) == (outcomes[0] is None or outcomes[1] is None)


async def test_it_goes_with_its_senders_account_and_a_moderator_who_is_gone_decides_nothing(land: Land) -> None:
    await land.write(3, "Plan")
    (letter_id,) = await waits(land)
    blob = (await find_moderated(land.mail, account(2), letter_id)).letter.blob
    await export_personal_data(land.mail, "r1", account(3))
    exported = json.loads((await told(land, "personal_data_exported"))[0]["document"])
    assert [(each["subject"], each["list"]) for each in exported["messages_to_be_moderated"]] == [("Plan", ADDRESS)]
    await erase_account(land.mail, account(3))
    assert await waits(land) == []
    await land.write(1)
    (kept,) = [each.letter.blob for each in await list_moderated(land.mail, account(2), "", 50)]
    # What waits is alone in naming it, once its sender's own copy is gone.
    await land.house.database["messages"].delete_many({"owner": account(1)})
    assert await named_blobs(land.mail, [kept, blob]) == {kept}
    await erase_account(land.mail, account(2))
    assert await waits(land) == []


async def test_suspended_senders_and_ended_lists_are_not_accepted_for(land: Land) -> None:
    await land.write(3)
    (letter_id,) = await waits(land)
    fact = AccountFact(account_id=account(3), address="agent3@numerique.gouv.tg", unit_path=[OTHER], suspended=True)
    await land.people.told(fact, 2, land.house.clock())
    with pytest.raises(Conflict):
        await accept(land.mail, acting(2), letter_id)
    await land.staff(3, path=(OTHER,))
    await land.hear(version=9, address="")
    with pytest.raises(Conflict):
        await accept(land.mail, acting(2), letter_id)
    assert await waits(land) == [letter_id]
    await reject(land.mail, acting(2), letter_id, "La liste n'est plus")
    (decided,) = await told(land, "moderation_decided")
    assert decided["list_address"] == ADDRESS
