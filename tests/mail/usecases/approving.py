"""People, rules and letters that tests of approval have in common."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.documents import ensure_indexes
from chassis.identity import Identity
from chassis.people import INDEXES, People, Person
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender, Submission
from services.mail.domain.leaving import Action, Rule, To
from services.mail.usecases import send
from services.mail.usecases.leaving import put_rules
from tests.mail.house import House, chunked, letter

OWNER, ADDRESS = "01AGENT1", "agent1@numerique.gouv.tg"
BOSS, SECOND, STRANGER = "01BOSS", "01SECOND", "01STRANGER"
HERE, THERE = "agent2@sante.gouv.tg", "b@example.org"
PATH = ("01MINISTRY", "01DIRECTION")
ACCOUNTS = {OWNER: ADDRESS, BOSS: "chef@numerique.gouv.tg", SECOND: "adjoint@numerique.gouv.tg",
            STRANGER: "chef@sante.gouv.tg", "01AGENT2": HERE}  # fmt: skip
RULE = Rule("Confidentiel", Action.HOLD, "Sort avec l'accord du chef.", marks=("confidentiel",), to=To.OUTSIDE)
WARNING = Rule("Externe", Action.WARN, "Vérifiez.", to=To.OUTSIDE)


def acting(account: str) -> Identity:
    moment = datetime.now(UTC)
    return Identity(account, ACCOUNTS[account], "01SESSION", moment, moment + timedelta(hours=1), (), "Agent")


def person(account: str, *, suspended: bool = False) -> Person:
    return Person(account, (ACCOUNTS[account],), "Agent", PATH[-1], PATH, suspended, 1)


async def prepared(house: House) -> People:
    """Whom mail knows, and a rule of the ministry by which BOSS approves what is confidential and leaves."""
    await ensure_indexes(house.database, INDEXES)
    house.people.heard |= {address: account for account, address in ACCOUNTS.items()}
    house.people.persons = [person(each) for each in ACCOUNTS]
    house.people.stands |= {each: Whereabouts(address, PATH) for each, address in ACCOUNTS.items()}
    document = {
        "_id": OWNER, "addresses": [ADDRESS], "functions": [], "display_name": "Agent", "unit_id": "",
        "unit_path": list(PATH), "suspended": False, "told_at": datetime.now(UTC), "version": 1,
    }  # fmt: skip
    await house.database["people"].insert_one(document)
    await give(house, "01MINISTRY", RULE, by=[ACCOUNTS[BOSS]])
    return People(house.database)


async def give(house: House, unit: str, *rules: Rule, by: list[str]) -> None:
    await put_rules(house.mail, unit, Whereabouts("Unité", PATH[: PATH.index(unit) + 1]), rules, by)


async def write(house: House, subject: str = "[CONFIDENTIEL] Plan", **also: Any) -> Submission:
    source = letter(subject, To=HERE, Cc=THERE, Bcc="c@example.org")
    return await send(house.mail, Sender(OWNER, ADDRESS), chunked(source), **also)


async def subjects(house: House, owner: str, mailbox: str = "INBOX") -> list[str]:
    box = await house.mail.store.mailboxes.named(owner, mailbox)
    documents = await house.database["messages"].find({"owner": owner}).to_list(100)
    return [each["subject"] for each in documents if box is not None and each["mailbox"] == box.id]


async def nobody_has_it(house: House) -> bool:
    assert await subjects(house, "01AGENT2") == await subjects(house, OWNER, "Sent") == house.queued.entries == []
    return await house.facts("message_sent") == []


async def told(house: House, kind: str = "act_recorded") -> list[dict[str, Any]]:
    return [json.loads(fact["body"])["data"] for fact in await house.facts(kind)]
