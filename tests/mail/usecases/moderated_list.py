"""A distribution list whose letters wait for a moderator, and what its tests ask of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.documents import ensure_indexes
from chassis.identity import Identity
from chassis.people import INDEXES
from services.mail.domain.allotment import Whereabouts
from services.mail.usecases.list_policies import find_list, put_policy
from services.mail.usecases.moderate import list_moderated
from tests.mail.house import House
from tests.mail.usecases.test_lists import ADDRESS, LIST, MINISTRY, OTHER, Land, account

MODERATOR = "agent2@numerique.gouv.tg"


async def moderated_list(house: House) -> Land:
    """Accounts 1 and 2 stand in the ministry, 3 to 5 elsewhere; 1 and 4 are members, 5 writes freely, 2 moderates."""
    await ensure_indexes(house.database, INDEXES)
    land = Land(house)
    await land.staff(1, 2)
    await land.staff(3, 4, 5, path=(OTHER,))
    members = [account(1), account(4)]
    await land.hear(address=ADDRESS, account_ids=members, writers="named", writer_ids=[account(5)], unit_id=MINISTRY)
    await give(land, "platform", MODERATOR)
    return land


def acting(number: int) -> Identity:
    moment = datetime.now(UTC)
    address = f"agent{number}@numerique.gouv.tg"
    return Identity(account(number), address, "01SESSION", moment, moment + timedelta(hours=1), (), "Agent")


async def give(land: Land, moderated: str, *moderators: str, outside: str = "closed") -> None:
    group = await find_list(land.mail, LIST)
    await put_policy(land.mail, group, Whereabouts("Ministère", (MINISTRY,)), moderators, moderated, outside)


async def waits(land: Land, moderator: int = 2) -> list[str]:
    return [each.id for each in await list_moderated(land.mail, account(moderator), "", 50)]


async def told(land: Land, name: str) -> list[Any]:
    return [json.loads(each["body"])["data"] for each in await land.house.facts(name)]


async def subjects(land: Land, number: int) -> list[str]:
    box = await land.house.box(account(number))
    found = land.house.database["messages"].find({"owner": account(number), "mailbox": box.id}, {"subject": 1})
    return [each["subject"] for each in await found.to_list(None)]
