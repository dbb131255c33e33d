"""The scheduling inbox, and busy time by the outbox (RFC 6638 §4.1, §5)."""

import pytest

from chassis.errors import Forbidden, InvalidInput
from services.calendar.domain.itip import Busy, Ignored, freebusy_response, inbox_entry, read_freebusy_request
from services.calendar.domain.itip.inbox import NO_AUTHORITY
from tests.calendar.itip.scheduling import (
    ONE,
    ORGANIZER,
    OWNER,
    THREE,
    TWO,
    at,
    attendee,
    component,
    octets,
    take,
    thing,
)


def question(
    *people: str, start: str = "20261207T000000Z", end: str = "20261208T000000Z", by: str = ORGANIZER
) -> bytes:
    lines = ["BEGIN:VFREEBUSY", "UID:q1", "DTSTAMP:20261129T070000Z", f"DTSTART:{start}", f"DTEND:{end}"]
    lines += [f"ORGANIZER:mailto:{by}", *(attendee(each) for each in people), "END:VFREEBUSY"]
    return octets("\r\n".join(lines), method="REQUEST")


def test_the_inbox_has_the_message_as_it_came_once() -> None:
    message = thing(component(), method="REQUEST")
    entry = inbox_entry(message, take(None, message, ONE))
    assert entry is not None
    assert entry.content == message.octets
    assert entry == inbox_entry(message, take(None, message, ONE))
    assert inbox_entry(message, Ignored("stale")) is None


def test_busy_time_is_answered_for_each_who_was_asked_for() -> None:
    asked = read_freebusy_request(question(ONE, TWO, THREE, ONE.upper()), OWNER)
    assert [each.address for each in asked.asked] == [ONE, TWO, THREE]
    busy = [Busy(asked.start + 3600, asked.start + 7200), Busy(asked.start - 60, asked.start + 60, "BUSY-TENTATIVE")]
    parts = freebusy_response(asked, {ONE: busy, TWO: NO_AUTHORITY}, at(0))
    assert [(part.request_status[:3], part.content is None) for part in parts] == [
        ("2.0", False),
        ("3.8", True),
        ("3.7", True),
    ]
    text = (parts[0].content or b"").decode()
    assert "METHOD:REPLY" in text
    assert "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261207T000000Z/20261207T000100Z" in text
    assert "FREEBUSY;FBTYPE=BUSY:20261207T010000Z/20261207T020000Z" in text


@pytest.mark.parametrize(
    "wrong",
    [
        octets(component(), method="REQUEST"),
        question(),
        question(ONE, end="20261206T000000Z"),
        question(ONE, end="20361206T000000Z"),
        question(ONE, start="20261207T000000"),
        question(*(f"a{number}@gouv.tg" for number in range(201))),
        question(ONE).replace(b"METHOD:REQUEST", b"METHOD:REPLY"),
    ],
)
def test_what_is_no_question_is_refused(wrong: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_freebusy_request(wrong, OWNER)
    assert refused.value.fields["rule"] == "valid-scheduling-message"


def test_nobody_asks_in_anothers_name() -> None:
    with pytest.raises(Forbidden) as refused:
        read_freebusy_request(question(ONE, by=THREE), OWNER)
    assert refused.value.fields["rule"] == "valid-organizer"
