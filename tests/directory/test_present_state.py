"""A newcomer is told of everything that there is, with the version of each."""

import asyncio
import json
from typing import Any

from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import life_pb2 as life

from chassis.events.announcing import Announcements
from chassis.events.publishing import broker, durable_queue
from services.directory.events import DirectoryEvents
from services.directory.usecases.present_state import accounts_page, departures_page, units_page
from tests.directory.conftest import Land, Person, Stack


def drained(url: str, queue: str) -> list[dict[str, Any]]:
    """What waits in a queue."""
    with broker(url) as connection:
        bound = durable_queue(queue)(connection.channel())
        bound.declare()
        found = []
        while (message := bound.get(no_ack=True)) is not None:
            found.append(json.loads(message.body))
        return found


async def test_a_service_that_asks_by_rpc_has_its_queue_told_of_every_account(stack: Stack, land: Land) -> None:
    url = stack.settings("directory").broker_url
    await asyncio.to_thread(drained, url, "mail.provision")
    await stack.mail.accounts.AnnounceAccounts(pb.AnnounceAccountsRequest(queue="mail.provision"))
    owner = Announcements("directory", stack.database, url, [DirectoryEvents(stack.directory)])
    assert await owner.fulfil() == 5
    await owner.close()
    told = await asyncio.to_thread(drained, url, "mail.provision")
    assert {envelope["type"] for envelope in told} == {"account_created"}
    assert {envelope["data"]["account"]["address"] for envelope in told} >= {"agent@sante.gouv.tg", "admin@gouv.tg"}
    assert len(told) == 5


async def test_pages_of_accounts_and_units_hold_each_once_with_its_version(
    stack: Stack, land: Land, administrator: Person
) -> None:
    await stack.update(administrator, pb.Account(id=land.health_agent.account.id, display_name="Autre"), "display_name")
    for page_of, expected in ((accounts_page, 5), (units_page, 3)):
        envelopes: list[dict[str, Any]] = []
        after = ""
        for _ in range(10):
            facts, after = await page_of(stack.directory, after, 2)
            envelopes += [json.loads(fact["body"]) for fact in facts]
            if not after:
                break
        assert len({envelope["subject"] for envelope in envelopes}) == len(envelopes) == expected
        versions = {envelope["subject"]: int(envelope["version"]) for envelope in envelopes}
        assert versions.get(land.health_agent.account.id, 2) == 2


async def test_a_newcomer_is_told_of_who_left_and_who_succeeds(stack: Stack, land: Land) -> None:
    by = land.economy_administrator
    for gone, successor in ((land.economy_agent, by.account.id), (land.health_agent, "")):
        request = life.DepartAccountRequest(id=gone.account.id, successor_id=successor)
        administrator = by if successor else land.health_administrator
        await stack.cli.departures.DepartAccount(request, **administrator.said)
    facts, after = await departures_page(stack.directory, "", 100)
    (told,) = [json.loads(fact["body"]) for fact in facts]
    assert (told["type"], told["subject"], after) == ("mailbox_handed_over", land.economy_agent.account.id, "")
    assert told["data"]["successor_id"] == by.account.id
    assert told["version"] == str(land.economy_agent.account.version + 1)
