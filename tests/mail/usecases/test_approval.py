"""Letters that a rule holds: nobody has them before they are approved; then they leave once, or come back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests
from chassis.people import People
from services.mail.domain.envelope import Sender
from services.mail.domain.invitation import Invitation
from services.mail.domain.leaving import Action
from services.mail.domain.mime import Address
from services.mail.domain.sharing import Capacity, Delegation, Function
from services.mail.usecases import named_blobs, send
from services.mail.usecases.approve import approve, find_awaiting, list_awaiting, refuse
from services.mail.usecases.await_approval import ask_approvers, expire_awaiting
from services.mail.usecases.erase_account import erase_account
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.hold import MOST_HELD, cancel_held, list_held, reschedule_held
from services.mail.usecases.personal_data import export_personal_data
from services.mail.usecases.release import release_due
from services.mail.usecases.send_invitation import Asked, send_invitation
from tests.mail.house import House, chunked, letter
from tests.mail.usecases.approving import (
    ACCOUNTS,
    ADDRESS,
    BOSS,
    HERE,
    OWNER,
    PATH,
    RULE,
    SECOND,
    STRANGER,
    THERE,
    WARNING,
    acting,
    give,
    nobody_has_it,
    person,
    prepared,
    subjects,
    told,
    write,
)


@pytest.fixture
async def people(house: House) -> People:
    return await prepared(house)


async def test_nobody_has_it_before_it_is_approved_and_everybody_once_after(house: House, people: People) -> None:
    sent = await write(house)
    assert sent.awaits_approval
    assert await release_due(house.mail, people) == 0
    assert await nobody_has_it(house)
    (waiting,) = await list_awaiting(house.mail, BOSS, "", 10)
    assert (waiting.id, waiting.held.subject, waiting.sent_by) == (sent.id, "[CONFIDENTIEL] Plan", ADDRESS)
    assert [(each.unit_id, each.name, each.holds) for each in waiting.grounds] == [("01MINISTRY", "Confidentiel", True)]
    assert await approve(house.mail, acting(BOSS), sent.id, "  Vu avec\nle cabinet ") == ()
    with pytest.raises(NotFound):
        await approve(house.mail, acting(BOSS), sent.id, "")
    assert [await release_due(house.mail, people) for _ in range(2)] == [1, 0]
    assert await subjects(house, "01AGENT2") == await subjects(house, OWNER, "Sent") == ["[CONFIDENTIEL] Plan"]
    (entry,) = house.queued.entries
    assert sorted(entry["recipients"]) == [THERE, "c@example.org"]
    (decided,) = await told(house, "approval_decided")
    assert (decided["outcome"], decided["decided_by"], decided["reason"]) == (
        "approved", ACCOUNTS[BOSS], "Vu avec le cabinet",
    )  # fmt: skip
    acts = {each["act"]: each for each in await told(house)}
    assert acts.keys() == {"put_leaving_rules", "leaving_held", "approve_letter"}
    approved = acts["approve_letter"]
    assert approved["unit_path"] == list(PATH)
    assert approved["details"] == {
        "submission": sent.id, "rule": "Confidentiel", "recipients": "3", "unit": "01MINISTRY",
        "reason": "Vu avec le cabinet",
    }  # fmt: skip


async def test_of_an_invitation_that_is_refused_calendar_is_told(house: House, people: People) -> None:
    ics = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    invitation = Invitation([Address("", THERE)], "REQUEST", "[CONFIDENTIEL] Plan", "Bonjour", ics)
    await send_invitation(house.mail, people, Asked("01REQUEST", house.clock(), OWNER, "", "uid-1", invitation))
    (waiting,) = await list_awaiting(house.mail, BOSS, "", 10)
    assert await told(house, "invitation_refused") == []
    await refuse(house.mail, acting(BOSS), waiting.id, "Non")
    (fact,) = await told(house, "invitation_refused")
    assert (fact["uid"], fact["recipients"], fact["reason"], fact["told"]) == ("uid-1", [THERE], "forbidden", True)


async def test_what_no_rule_holds_does_not_wait(house: House, people: People) -> None:
    assert not (await write(house, "Note")).awaits_approval
    assert len(house.queued.entries) == 1
    # Nobody outside has it, so that the rule is not about it.
    inside = letter("[CONFIDENTIEL] Plan", To=HERE)
    assert not (await send(house.mail, Sender(OWNER, ADDRESS), chunked(inside))).awaits_approval


async def test_a_refusal_counts_for_more_than_a_hold_and_a_hold_for_more_than_a_warning(
    house: House, people: People
) -> None:
    await give(house, "01DIRECTION", WARNING, by=[])
    sent = await write(house)
    assert await told(house, "leaving_warned") == []
    (waiting,) = await list_awaiting(house.mail, BOSS, "", 10)
    assert [(each.name, each.holds) for each in waiting.grounds] == [("Confidentiel", True), ("Externe", False)]
    assert await approve(house.mail, acting(BOSS), sent.id, "") == ()
    await give(house, "01DIRECTION", replace(RULE, action=Action.REFUSE), by=[])
    with pytest.raises(Forbidden):
        await write(house, "[CONFIDENTIEL] Deux")


async def test_a_refused_letter_is_a_draft_again_and_its_sender_is_told_why(house: House, people: People) -> None:
    sent = await write(house)
    for reason in ("", " \n", "x" * 501):
        with pytest.raises(InvalidInput):
            await refuse(house.mail, acting(BOSS), sent.id, reason)
    await refuse(house.mail, acting(BOSS), sent.id, "Pas de données nominatives.")
    assert await release_due(house.mail, people) == 0
    assert await nobody_has_it(house)
    assert await subjects(house, OWNER, "Drafts") == ["[CONFIDENTIEL] Plan"]
    (decided,) = await told(house, "approval_decided")
    assert (decided["outcome"], decided["reason"]) == ("refused", "Pas de données nominatives.")
    assert "refuse_letter" in {each["act"] for each in await told(house)}
    # The same may be asked for again.
    assert not (await write(house)).repeated


async def test_what_nobody_decides_on_expires(house: House, people: People) -> None:
    sent = await write(house)
    house.clock.advance(days=6, hours=23)
    assert await expire_awaiting(house.mail) == 0
    house.clock.advance(hours=2)
    assert [await expire_awaiting(house.mail) for _ in range(2)] == [1, 0]
    assert await nobody_has_it(house)
    assert await subjects(house, OWNER, "Drafts") == ["[CONFIDENTIEL] Plan"]
    (decided,) = await told(house, "approval_decided")
    assert (decided["submission_id"], decided["outcome"]) == (sent.id, "expired")
    assert "expire_letter" in {each["act"] for each in await told(house)}


async def test_its_sender_takes_it_back_and_gives_it_no_other_time(house: House, people: People) -> None:
    sent = await write(house)
    with pytest.raises(Conflict):
        await reschedule_held(house.mail, OWNER, sent.id, None)
    with pytest.raises(NotFound):
        await cancel_held(house.mail, BOSS, sent.id)
    await cancel_held(house.mail, OWNER, sent.id)
    assert await subjects(house, OWNER, "Drafts") == ["[CONFIDENTIEL] Plan"]
    assert "withdraw_letter" in {each["act"] for each in await told(house)}
    with pytest.raises(NotFound):
        await approve(house.mail, acting(BOSS), sent.id, "")


async def test_a_scheduled_letter_leaves_at_its_time_once_approved(house: House, people: People) -> None:
    tomorrow = house.clock() + timedelta(days=1)
    sent = await write(house, release_at=tomorrow)
    await approve(house.mail, acting(BOSS), sent.id, "")
    assert await release_due(house.mail, people) == 0
    assert [each.release_at for each in await list_held(house.mail, OWNER)] == [tomorrow]
    late = await write(house, "[CONFIDENTIEL] Deux", release_at=tomorrow)
    house.clock.advance(days=2)
    assert await release_due(house.mail, people) == 1
    # What is approved after its time leaves then.
    await approve(house.mail, acting(BOSS), late.id, "")
    assert await release_due(house.mail, people) == 1


async def test_each_unit_whose_rule_holds_it_has_to_approve(house: House, people: People) -> None:
    await give(house, "01DIRECTION", replace(RULE, marks=()), by=[ACCOUNTS[SECOND]])
    sent = await write(house)
    assert await approve(house.mail, acting(SECOND), sent.id, "") == ("01MINISTRY",)
    assert await list_awaiting(house.mail, SECOND, "", 10) == []
    with pytest.raises(NotFound):
        await refuse(house.mail, acting(SECOND), sent.id, "Trop tard")
    assert await release_due(house.mail, people) == 0
    assert await told(house, "approval_decided") == []
    assert await approve(house.mail, acting(BOSS), sent.id, "") == ()
    assert await release_due(house.mail, people) == 1
    # One refusal is enough, and who decides for both decides once.
    other = await write(house, "[CONFIDENTIEL] Deux")
    await refuse(house.mail, acting(SECOND), other.id, "Non")
    await give(house, "01DIRECTION", RULE, by=[ACCOUNTS[SECOND], ACCOUNTS[BOSS]])
    assert await approve(house.mail, acting(BOSS), (await write(house, "[CONFIDENTIEL] Trois")).id, "") == ()


async def test_nobody_approves_letters_of_their_own(house: House, people: People) -> None:
    await give(house, "01MINISTRY", RULE, by=[ADDRESS, ACCOUNTS[BOSS]])
    sent = await write(house)
    assert await list_awaiting(house.mail, OWNER, "", 10) == []
    # Nor those that somebody else writes in their name.
    await house.mail.store.delegations.put(Delegation(BOSS, OWNER, Capacity.AS), [])
    source = letter("[CONFIDENTIEL] Au nom du chef", From=ACCOUNTS[BOSS], To=THERE)
    named = await send(house.mail, Sender(OWNER, ADDRESS), chunked(source))
    for who, which in ((OWNER, sent), (OWNER, named), (BOSS, named)):
        for act in (approve, refuse):
            with pytest.raises(Forbidden):
                await act(house.mail, acting(who), which.id, "Oui")
    assert [each.id for each in await list_awaiting(house.mail, BOSS, "", 10)] == [sent.id]


async def test_who_is_not_named_finds_nothing(house: House, people: People) -> None:
    sent = await write(house)
    for who in (STRANGER, SECOND, "01AGENT2"):
        assert await list_awaiting(house.mail, who, "", 10) == []
        with pytest.raises(NotFound):
            await find_awaiting(house.mail, who, sent.id)
    with pytest.raises(NotFound):
        await find_awaiting(house.mail, BOSS, "01NOTHING")


async def test_who_holds_a_function_decides_as_long_as_they_hold_it(house: House, people: People) -> None:
    officer = Function("01JOFFICER", "securite@numerique.gouv.tg", (SECOND,), False, 1)
    await follow_function(house.mail, officer)
    await give(house, "01MINISTRY", RULE, by=["Securite@numerique.gouv.tg"])
    sent = await write(house)
    assert [each.id for each in await list_awaiting(house.mail, SECOND, "", 10)] == [sent.id]
    await follow_function(house.mail, replace(officer, standing=(BOSS,), version=2))
    assert await list_awaiting(house.mail, SECOND, "", 10) == []
    assert await approve(house.mail, acting(BOSS), sent.id, "") == ()


async def test_rules_that_are_taken_away_free_no_letter(house: House, people: People) -> None:
    sent = await write(house)
    with pytest.raises(Conflict):
        await give(house, "01MINISTRY", by=[])
    # Whoever is named now decides, whoever it was then.
    await give(house, "01MINISTRY", by=[ACCOUNTS[SECOND]])
    assert not (await write(house, "[CONFIDENTIEL] Deux")).awaits_approval
    with pytest.raises(NotFound):
        await approve(house.mail, acting(BOSS), sent.id, "")
    assert await approve(house.mail, acting(SECOND), sent.id, "") == ()
    await give(house, "01MINISTRY", by=[])


async def test_a_suspended_senders_letter_waits_and_goes_on_when_it_is_back(house: House, people: People) -> None:
    sent = await write(house)
    house.people.persons = [person(OWNER, suspended=True)]
    with pytest.raises(Conflict):
        await approve(house.mail, acting(BOSS), sent.id, "")
    house.people.persons = [person(OWNER)]
    await approve(house.mail, acting(BOSS), sent.id, "")
    assert await release_due(house.mail, people) == 1
    assert await subjects(house, OWNER, "Sent") == ["[CONFIDENTIEL] Plan"]


async def test_it_goes_with_its_senders_account_and_an_approver_who_is_gone_decides_nothing(
    house: House, people: People
) -> None:
    sent = await write(house)
    (waiting,) = await list_awaiting(house.mail, BOSS, "", 10)
    blob = waiting.held.accepted.blob
    assert await named_blobs(house.mail, [blob]) == {blob}
    await export_personal_data(house.mail, "r1", OWNER)
    exported = json.loads((await told(house, "personal_data_exported"))[0]["document"])
    (listed,) = exported["messages_to_be_approved"]
    assert (listed["subject"], listed["to"]) == ("[CONFIDENTIEL] Plan", [HERE, THERE, "c@example.org"])
    await erase_account(house.mail, OWNER)
    with pytest.raises(NotFound):
        await approve(house.mail, acting(BOSS), sent.id, "")
    assert await named_blobs(house.mail, [blob]) == set()
    await erase_account(house.mail, BOSS)
    assert [each.approvers for each in await house.mail.store.leaving_policies.of(PATH)] == [()]


async def test_approvers_and_sender_are_told_once_and_not_what_it_says(house: House, people: People) -> None:
    own = Function("01JOFFICER", "securite@numerique.gouv.tg", (STRANGER,), True, 1)
    await follow_function(house.mail, own)
    await give(house, "01MINISTRY", RULE, by=[ADDRESS, ACCOUNTS[BOSS], ACCOUNTS[SECOND], own.address])
    house.people.suspended.add(SECOND)
    sent = await write(house)
    for _ in range(2):
        await ask_approvers(house.mail, OWNER, sent.id)
    asking = "Un message attend votre approbation / A message waits for your approval"
    assert await subjects(house, BOSS) == await subjects(house, own.id) == [asking]
    assert await subjects(house, STRANGER) == await subjects(house, SECOND) == []
    assert await subjects(house, OWNER) == ["Votre message attend une approbation / Your message waits for approval"]
    (document,) = await house.database["messages"].find({"owner": BOSS}).to_list(2)
    text = (await house.read(BOSS, document["_id"].rpartition(".")[2])).decode()
    assert sent.id in text
    assert THERE in text
    assert "Confidentiel: Sort avec l'accord du chef." in text
    assert "Plan" not in text
    await approve(house.mail, acting(BOSS), sent.id, "")
    await ask_approvers(house.mail, OWNER, sent.id)
    assert await subjects(house, BOSS) == [asking]


async def test_so_many_wait_and_no_more(house: House, people: People) -> None:
    await write(house)
    (template,) = await house.database["awaiting"].find({"owner": OWNER}).to_list(1)
    copies = [{**template, "_id": f"{OWNER}.copy{number}"} for number in range(MOST_HELD - 1)]
    await house.database["awaiting"].insert_many(copies)
    with pytest.raises(TooManyRequests):
        await write(house, "[CONFIDENTIEL] De trop")


async def test_approvers_are_named_where_a_rule_holds_and_are_ours(house: House, people: People) -> None:
    for by in ([], ["personne@numerique.gouv.tg"], ["x"], [f"a{number}@gouv.tg" for number in range(21)]):
        with pytest.raises(InvalidInput) as refused:
            await give(house, "01MINISTRY", RULE, by=by)
        assert refused.value.fields.keys() <= {"approvers", "address"}
    assert [each.approvers for each in await house.mail.store.leaving_policies.of(PATH)] == [(BOSS,)]
