"""What REST shows of those who are invited: by which list, and what became of what was sent to them."""

import httpx
import pytest
from workspace.mail.v1.events_pb2 import InvitationRefused

from chassis.identity import Identity
from services.calendar.domain.access import Grant, Role
from services.calendar.domain.itip.status import Delivery, delivery_of
from services.calendar.domain.objects.lines import made
from services.calendar.usecases.delegate import delegate
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.scheduling.hearing import hear_refusal
from tests.calendar.conftest import Said
from tests.calendar.office import Office
from tests.calendar.rest.given import share
from tests.calendar.scheduling.post import OUTSIDE, answer, copy_of, delivered, meeting, person

LIST, LOST = "equipe@numerique.gouv.tg", "personne@numerique.gouv.tg"
# Neither the organiser nor invited.
WRITER, READER = "agent4", "agent5"


async def deliveries(http: httpx.AsyncClient, said: dict[str, str], event_id: str) -> dict[str, str]:
    """By address; the words after DELIVERY_."""
    found = await http.get(f"/v1/calendar/events/{event_id}", headers=said)
    assert found.status_code == 200, found.text
    return {
        each["address"]: each.get("delivery", "DELIVERY_UNSPECIFIED").removeprefix("DELIVERY_")
        for each in found.json()["attendees"]
    }


async def test_who_organises_sees_what_became_of_invitations_and_others_do_not(
    office: Office, http: httpx.AsyncClient, said: Said, agent: Identity, colleague: Identity, third: Identity
) -> None:
    writer, reader = [await office.agent(name) for name in (WRITER, READER)]
    for who in (colleague, third):
        await own_calendars(office.agenda, who.account_id)
    people = [OUTSIDE, LOST, colleague.address, agent.address]
    kept = (await office.put(agent, meeting(agent.address, people), "m1.ics")).stored
    await delivered(office)
    refused = InvitationRefused(
        account_id=agent.account_id, uid="m1", recipients=[LOST], reason="unknown_recipient"
    )  # fmt: skip
    await hear_refusal(office.agenda, refused)
    known = {OUTSIDE: "PENDING", LOST: "FAILED", colleague.address: "DELIVERED", agent.address: "UNSPECIFIED"}
    nothing = dict.fromkeys(known, "UNSPECIFIED")
    assert await deliveries(http, said(agent), kept.key) == known
    # Whoever answered has it.
    await answer(office, colleague, "ACCEPTED")
    await delivered(office)
    assert await deliveries(http, said(agent), kept.key) == known
    # Not who is invited, nor who reads the organiser's calendar; whoever writes there speaks for the organiser.
    assert await deliveries(http, said(colleague), (await copy_of(office, colleague)).key) == nothing
    await share(office, kept.calendar, Grant(reader.account_id, Role.READ, sees_private=True))
    assert await deliveries(http, said(reader), kept.key) == nothing
    await delegate(office.agenda, agent, third.address, Role.ANSWER, sees_private=True)
    assert await deliveries(http, said(third), kept.key) == nothing
    await delegate(office.agenda, agent, writer.address, Role.WRITE, sees_private=False)
    assert await deliveries(http, said(writer), kept.key) == known


async def test_by_which_lists_somebody_is_invited(
    office: Office, http: httpx.AsyncClient, said: Said, agent: Identity, colleague: Identity
) -> None:
    await own_calendars(office.agenda, colleague.account_id)
    member = person(colleague.address, f'MEMBER="mailto:{LIST}","javascript:x"')
    kept = await office.put(agent, meeting(agent.address, [OUTSIDE], member), "m1.ics")
    await delivered(office)
    for who, key in ((agent, kept.stored.key), (colleague, (await copy_of(office, colleague)).key)):
        found = (await http.get(f"/v1/calendar/events/{key}", headers=said(who))).json()["attendees"]
        lists = {each["address"]: each.get("member_of", []) for each in found}
        assert lists == {OUTSIDE: [], colleague.address: [LIST]}


async def test_nobody_says_so_themselves(
    office: Office, http: httpx.AsyncClient, said: Said, agent: Identity, home: str
) -> None:
    invited = {"address": OUTSIDE, "delivery": "DELIVERY_FAILED", "member_of": [LIST]}
    given = {"title": "Point", "start": {"local": "2026-12-01T09:00:00"}, "attendees": [invited]}
    made_so = await http.post(f"/v1/calendars/{home}/events", json=given, headers=said(agent))
    assert made_so.status_code == 201, made_so.text
    (shown,) = made_so.json()["attendees"]
    assert (shown["delivery"], shown.get("member_of", [])) == ("DELIVERY_PENDING", [])


@pytest.mark.parametrize(("status", "delivery"), [
    ("1.0", Delivery.PENDING), ("1.1", Delivery.PENDING), ("1.2", Delivery.DELIVERED), ("2.0", Delivery.DELIVERED),
    ("2.0;Success", Delivery.DELIVERED), ("2.0,3.7", Delivery.DELIVERED), ("3.7", Delivery.FAILED),
    ("3.8", Delivery.FAILED), ("5.1", Delivery.FAILED), ("5.2", Delivery.FAILED), ("5.3;Rejected", Delivery.FAILED),
    ("", None), ("4.0", None), ("9.9", None), ("delivered", None), ("1.2x", None),
])  # fmt: skip
def test_codes_are_told_in_words(status: str, delivery: Delivery | None) -> None:
    line = made("ATTENDEE", f"mailto:{OUTSIDE}", {"SCHEDULE-STATUS": status} if status else {})
    assert delivery_of(line) is delivery
