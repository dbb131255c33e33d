"""`workspace rooms`, as an operator runs it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chassis.identity import Identity
from deploy.local.certificates import Authority
from tests.calendar.conftest import Api
from tests.calendar.resources.asking import Rooms, at, request
from tests.terminal import Ended, workspace

UNIT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


class Terminal:
    """The commands of one account. Directory is nowhere: units and accounts are given by their ids."""

    def __init__(self, api: Api, authority: Authority, who: Identity) -> None:
        own = authority.of("cli")
        self._environment = {
            "WORKSPACE_CALENDAR": f"127.0.0.1:{api.port}", "WORKSPACE_DIRECTORY": "127.0.0.1:9",
            "WORKSPACE_TOKEN": api.token(who), "WORKSPACE_TLS_CA": str(authority.certificate),
            "WORKSPACE_TLS_CERTIFICATE": str(own.certificate), "WORKSPACE_TLS_KEY": str(own.key),
        }  # fmt: skip

    async def __call__(self, *words: str) -> Ended:
        return await workspace("rooms", *words, environment=self._environment)

    async def told(self, *words: str) -> Any:
        ended = await self(*words, "--json")
        assert ended.code == 0, ended
        return json.loads(ended.out)


@pytest.fixture
def boss(api: Api, authority: Authority, rooms: Rooms) -> Terminal:
    rooms.office.units.paths[UNIT] = ("ministry", UNIT)
    return Terminal(api, authority, rooms.administrator)


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
    other = Terminal(api, authority, agent)
    assert (await other("approve", room["id"], waiting["id"])).code == 1
    assert (await other("remove", room["id"])).code == 1
