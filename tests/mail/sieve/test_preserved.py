"""What a script throws away, refuses, sends on or changes is kept as it came while a matter needs it."""

import pytest

from chassis.errors import Forbidden
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.matters import DISCARDED, Matter
from tests.mail.house import letter
from tests.mail.sieve.conftest import CHEF, OWN, Scripted


@pytest.fixture
async def matter(scripted: Scripted) -> None:
    mail = scripted.house.mail
    scripted.house.people.stands[scripted.owner] = Whereabouts(OWN, ("01UNIT",))
    now = scripted.house.clock()
    await mail.store.matters.insert(Matter("01M", "x", "", "01UNIT", ("01UNIT",), "U", "01ADMIN", now, ()), [])


async def kept(scripted: Scripted) -> list[tuple[str, str]]:
    found = await scripted.house.mail.store.preserved.page(scripted.owner, "", 100)
    return [(each.message.subject, each.why) for each in found]


@pytest.mark.usefixtures("matter")
async def test_what_is_thrown_away_is_kept_once(scripted: Scripted) -> None:
    await scripted.script('if header :contains "subject" "offre" { discard; }')
    for _ in range(2):
        await scripted.receive(letter("Offre"))
    await scripted.receive(letter("Note"))
    assert await kept(scripted) == [("Offre", DISCARDED)]
    (found,) = await scripted.house.mail.store.preserved.page(scripted.owner, "", 100)
    assert f"Return-Path: <{CHEF}>".encode() in found.source.prefix
    assert await scripted.house.mail.store.custodies.of(scripted.owner) == {"01M"}


@pytest.mark.usefixtures("matter")
async def test_what_is_refused_or_sent_on_is_kept(scripted: Scripted) -> None:
    await scripted.script('require "reject"; if header :is "subject" "Non" { reject "Non merci."; }')
    outcome = await scripted.receive(letter("Non"))
    assert isinstance(outcome.error, Forbidden)
    await scripted.script('redirect "agent2@sante.gouv.tg";')
    await scripted.receive(letter("Ailleurs"))
    assert [subject for subject, _ in await kept(scripted)] == ["Non", "Ailleurs"]


@pytest.mark.usefixtures("matter")
async def test_what_is_changed_is_kept_as_it_came(scripted: Scripted) -> None:
    await scripted.script('require "editheader"; deleteheader "Subject"; addheader "Subject" "Rien";')
    await scripted.receive(letter("Important"))
    assert [subject for subject, _ in await kept(scripted)] == ["Important"]


async def test_without_a_matter_nothing_is(scripted: Scripted) -> None:
    await scripted.script("discard;")
    await scripted.receive(letter("Offre"))
    assert await kept(scripted) == []
