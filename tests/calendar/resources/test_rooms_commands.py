"""`workspace rooms`, as an operator runs it."""

from dataclasses import replace

import pytest

from chassis.identity import Identity
from deploy.local.certificates import Authority
from tests.calendar.conftest import Api
from tests.calendar.resources.asking import Rooms, at, request
from tests.calendar.terminal import Terminal

UNIT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def boss(api: Api, authority: Authority, rooms: Rooms) -> Terminal:
    rooms.office.units.paths[UNIT] = ("ministry", UNIT)
    return Terminal(api, authority, rooms.administrator, "rooms")


async def test_a_room_is_set_up_found_changed_and_given_up(boss: Terminal) -> None:
    made = await boss.told(
        "add", "Salle Kara", "--unit", UNIT, "--capacity", "12", "--feature", "Écran", "--building", "CASEF",
        "--open", "1-5 07:00-18:00", "--longest", "240", "--clash", "all",
    )  # fmt: skip
    assert (made["address"], made["kind"], len(made["hours"])) == ("salle-kara@ressources.gouv.tg", "room", 5)
    found = await boss.told("list", "--feature", "ecran", "--capacity", "10")
    assert [each["name"] for each in found] == ["Salle Kara"]
    assert await boss.told("list", "--free", "2026-12-06T09:00", "2026-12-06T10:00") == []
    changed = await boss.told("update", made["address"], "--name", "Oti")
    assert (changed["name"], changed["policy"]["longest_minutes"], len(changed["hours"])) == ("Oti", 240, 5)
    assert (await boss("update", made["id"])).code == 2
    assert (await boss("add", "B", "--unit", UNIT, "--open", "lundi")).code == 2
    assert (await boss("list", "--free", "demain", "2026-12-06T10:00")).code == 2
    assert (await boss("remove", made["id"])).code == 0
    assert (await boss("show", made["id"])).code == 1


async def test_each_rule_is_given_and_taken_back_and_no_other_changes(boss: Terminal, rooms: Rooms) -> None:
    room = await boss.told("add", "Salle Kara", "--unit", UNIT, "--no-series", "--closed-on-holidays")
    assert (room["policy"]["no_recurring"], room["policy"]["closed_on_holidays"]) == (True, True)
    found = await rooms.office.agenda.resources.get(room["id"])
    policy = replace(found.policy, automatic=True, stewards=(rooms.administrator.account_id,))
    await rooms.office.agenda.resources.change(replace(found, policy=policy, version=found.version + 1))
    for option, rule, holds in (
        ("--series", "no_recurring", False), ("--open-on-holidays", "closed_on_holidays", False),
        ("--decided", "automatic", False), ("--automatic", "automatic", True),
    ):  # fmt: skip
        before = await boss.told("show", room["id"])
        after = await boss.told("update", room["id"], option)
        rules = {name: given for name, given in before["policy"].items() if name != rule}
        assert {name: given for name, given in after["policy"].items() if name != rule} == rules, option
        assert after["policy"].get(rule, False) is holds, option


async def test_a_steward_decides_at_the_terminal(
    boss: Terminal, api: Api, authority: Authority, rooms: Rooms, agent: Identity
) -> None:
    steward = rooms.administrator.account_id
    room = await boss.told("add", "Salle Kara", "--unit", UNIT)
    found = await rooms.office.agenda.resources.get(room["id"])
    policy = replace(found.policy, automatic=False, stewards=(steward,))
    await rooms.office.agenda.resources.change(replace(found, policy=policy, version=found.version + 1))
    await rooms.ask(found, agent, request(agent, found, at()))
    (waiting,) = await boss.told("pending")
    assert (waiting["state"], waiting["organizer"]) == ("pending", agent.address)
    assert (await boss("approve", room["id"], waiting["id"], "--comment", "Clé à l'accueil")).code == 0
    assert await rooms.said(found) == {"": "ACCEPTED"}
    (taken,) = await boss.told("bookings", room["id"], "2026-12-07T00:00", "2026-12-08T00:00")
    assert (taken["state"], taken["title"]) == ("accepted", "Réunion")
    assert (await boss("decline", room["id"], waiting["id"])).code == 0
    assert await rooms.said(found) == {"": "DECLINED"}
    other = Terminal(api, authority, agent, "rooms")
    assert (await other("approve", room["id"], waiting["id"])).code == 1
    assert (await other("remove", room["id"])).code == 1
