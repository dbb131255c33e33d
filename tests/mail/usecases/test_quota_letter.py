"""Whose mailboxes are nearly full reads of it, in French and in English."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from chassis.people import Person
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.options import Options
from services.mail.domain.pool_letter import PoolTold, pool_letter
from services.mail.domain.quota import Quota
from services.mail.domain.quota_letter import Told, quota_letter
from services.mail.usecases import append
from services.mail.usecases.known import Known
from services.mail.usecases.warn_of_quota import warn_of_pool, warn_of_quota
from tests.mail.house import House, letter

AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
NEAR = Told("01JFACT", AT, "octets", 9_700_000_000, 10 * 1024**3, 90)
FULL = Told("01JFACT", AT, "messages", 1000, 1000, 100)


async def test_the_warning_comes_once_whatever_room_there_is(house: House, owner: str) -> None:
    house.people.stands[owner] = Whereabouts("agent1@numerique.gouv.tg")
    box = await house.box(owner)
    await append(house.mail, owner, box.id, await house.content(letter("Seul")))
    house.mail = replace(house.mail, options=Options(quota=Quota(messages=1)), known=Known())
    for _ in range(2):
        await warn_of_quota(house.mail, owner, NEAR)
    box = await house.box(owner)
    assert box.messages == 2
    await warn_of_quota(house.mail, "01JGONE", NEAR)


@pytest.mark.parametrize(
    ("told", "subject", "words"),
    [
        (NEAR, "Votre boîte est presque pleine / Your mailbox is nearly full", ("9,0 Gio sur 10,0 Gio", "9.0 GiB of")),
        (FULL, "Votre boîte est pleine / Your mailbox is full", ("1000 messages sur 1000", "1000 messages of 1000")),
    ],
)
def test_the_letter_says_how_much_is_kept_in_both_languages(told: Told, subject: str, words: tuple[str, str]) -> None:
    source = quota_letter(told, "agent1@numerique.gouv.tg", "gouv.tg")
    found = message_from_bytes(source, policy=default)
    assert (found["Subject"], found["To"]) == (subject, "agent1@numerique.gouv.tg")
    assert found["Auto-Submitted"] == "auto-generated"
    body = found.get_content()
    assert all(each in body for each in words)
    assert body.index(words[0]) < body.index(words[1])
    assert source == quota_letter(told, "agent1@numerique.gouv.tg", "gouv.tg")
    assert all(len(line) < 998 for line in source.split(b"\r\n"))


async def test_administrators_of_a_unit_read_that_its_room_is_nearly_full(house: House) -> None:
    for admin, unit in (("01ADMIN", "01MINISTRY"), ("01SANTE", "01SANTE")):
        house.people.stands[admin] = Whereabouts(f"{admin.lower()}@gouv.tg")
        house.people.persons.append(
            Person(admin, (f"{admin.lower()}@gouv.tg",), "", "", (), False, 1, administers=(unit,))
        )
    told = PoolTold("Ministère {du} numérique", NEAR)
    for _ in range(2):
        await warn_of_pool(house.mail, ["01MINISTRY"], told)
    assert [(await house.box(each)).messages for each in ("01ADMIN", "01SANTE")] == [1, 0]


@pytest.mark.parametrize(
    ("percent", "subject"),
    [(80, "Espace commun presque plein / Shared room nearly full"), (100, "Espace commun plein / Shared room full")],
)
def test_the_letter_names_the_unit_and_how_much_of_its_room_is_taken(percent: int, subject: str) -> None:
    told = PoolTold("Ministère {du} numérique", replace(NEAR, percent=percent))
    read = message_from_bytes(pool_letter(told, "admin@gouv.tg", "gouv.tg"), policy=default)
    assert read["Subject"] == subject
    text = read.get_content()
    assert "« Ministère {du} numérique » occupent 9,0 Gio sur 10,0 Gio" in text
    assert 'unit "Ministère {du} numérique" hold 9.0 GiB of 10.0 GiB' in text
