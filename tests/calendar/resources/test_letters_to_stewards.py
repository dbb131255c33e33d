"""Whoever decides on a booking gets a letter of it: once for what is asked, however often it is told or reworded."""

from typing import Any

from chassis.identity import Identity
from services.calendar.domain.resources.resource import Policy, Resource
from services.calendar.usecases.decide_booking import decide_booking
from tests.calendar.office import body_of
from tests.calendar.resources.asking import Rooms, at, request


async def letters(rooms: Rooms) -> list[dict[str, Any]]:
    return [body_of(each) for each in await rooms.office.facts("letter_requested")]


async def kept_by(rooms: Rooms, *stewards: Identity) -> Resource:
    policy = Policy(automatic=False, stewards=tuple(each.account_id for each in stewards))
    return await rooms.room(policy=policy, building="CASEF")


async def test_each_steward_is_told_what_is_asked_and_how_to_answer(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room = await kept_by(rooms, colleague, rooms.administrator)
    await rooms.ask(room, agent, request(agent, room, at()))
    told = await letters(rooms)
    assert {each["account_id"] for each in told} == {colleague.account_id, rooms.administrator.account_id}
    assert told[0]["subject"] == "Réservation à décider / Booking to decide : Salle Kara"
    text = "\n".join(told[0]["paragraphs"])
    for said in (
        "Demande : Salle Kara, CASEF", f"De : {agent.address}", "Objet : Réunion",
        "Quand : lundi 7 décembre 2026, de 9 h 00 à 10 h 00", "Asked for: Salle Kara, CASEF",
        f"workspace rooms approve {room.address} {(await rooms.booking(room)).id}",
    ):  # fmt: skip
        assert said in text, said
    assert told[0]["paragraphs"][0].startswith("Une réservation attend")


async def test_told_again_or_in_other_words_there_is_no_other_letter(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room = await kept_by(rooms, colleague)
    asked = request(agent, room, at())
    for _ in range(3):
        await rooms.ask(room, agent, asked)
    await rooms.ask(
        room, agent, request(agent, room, at(), sequence=1).replace("SUMMARY:Réunion".encode(), b"SUMMARY:X")
    )
    assert len(await letters(rooms)) == 1
    # At another time it is another request.
    await rooms.ask(room, agent, request(agent, room, at(hour=14), sequence=2))
    assert len(await letters(rooms)) == 2
    booking = await rooms.booking(room)
    await decide_booking(rooms.office.agenda, colleague, room.id, booking.id, accept=True)
    # What was approved stays so in other words, and is asked again for another time.
    await rooms.ask(room, agent, request(agent, room, at(hour=14), "DESCRIPTION:Ordre du jour", sequence=3))
    assert await rooms.said(room) == {"": "ACCEPTED"}
    assert len(await letters(rooms)) == 2
    await rooms.ask(room, agent, request(agent, room, at(day=1), sequence=4))
    assert await rooms.said(room) == {"": "TENTATIVE"}
    assert len(await letters(rooms)) == 3


async def test_who_needs_nobodys_word_writes_to_nobody_and_a_private_title_stays_private(
    rooms: Rooms, agent: Identity, colleague: Identity
) -> None:
    room = await kept_by(rooms, colleague)
    await rooms.ask(room, colleague, request(colleague, room, at(), uid="own"))
    free = await rooms.room("Salle Oti")
    await rooms.ask(free, agent, request(agent, free, at(), uid="free"))
    assert await letters(rooms) == []
    await rooms.ask(room, agent, request(agent, room, at(hour=15), "CLASS:PRIVATE", uid="secret"))
    (told,) = await letters(rooms)
    assert "Objet : (sans titre)" in told["paragraphs"][1]
