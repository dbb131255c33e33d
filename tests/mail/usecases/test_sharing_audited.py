"""Who shares, writes for others and forwards outside is read of by the auditors of the unit whose mail that is."""

import json
from typing import Any

import pytest

from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender
from services.mail.domain.sharing import Capacity, Function
from services.mail.usecases import send
from services.mail.usecases.scripts import activate_script, put_script
from services.mail.usecases.share_mailbox import share_mailbox
from services.mail.usecases.shared_mailboxes import shared_mailboxes
from services.mail.usecases.write_as import let_write_as, let_write_no_more, may_write_as
from tests.mail.house import House, chunked, letter

ADDRESS, OTHER, OTHERS = "agent1@numerique.gouv.tg", "01JOTHER", "agent2@sante.gouv.tg"
PATH = ["01MINISTRY", "01DIRECTION"]
FUNCTION = Function("01JFUNCTION", "accueil@gouv.tg", ("01JACCOUNT0000000000000001",), False, 1, ("01MINISTRY",))


@pytest.fixture(autouse=True)
def known(house: House, owner: str) -> None:
    house.people.heard = {ADDRESS: owner, OTHERS: OTHER}
    house.people.stands = {owner: Whereabouts(ADDRESS, tuple(PATH)), OTHER: Whereabouts(OTHERS, ("01SANTE",))}


async def acts(house: House) -> list[tuple[str, str, list[str]]]:
    told: list[dict[str, Any]] = [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]
    return [(each["act"], each["target_name"], each["unit_path"]) for each in told]


async def test_a_units_auditors_read_of_mailboxes_that_are_shared(house: House, owner: str) -> None:
    box = await house.box(owner)
    await share_mailbox(house.mail, owner, owner, box.id, OTHERS, "lr")
    assert await acts(house) == [("share_mailbox", ADDRESS, PATH)]


async def test_a_units_auditors_read_of_who_writes_in_whose_name(house: House, owner: str) -> None:
    mine = Sender(owner, ADDRESS)
    await let_write_as(house.mail, mine, ADDRESS, OTHERS, Capacity.ON_BEHALF)
    await send(house.mail, Sender(OTHER, OTHERS), chunked(letter("Pour elle", Sender=OTHERS)), recipients=[OTHERS])
    await let_write_no_more(house.mail, mine, ADDRESS, OTHERS)
    await house.mail.store.functions.told(FUNCTION)
    await let_write_as(house.mail, mine, FUNCTION.address, OTHERS, Capacity.AS)
    assert sorted(await acts(house)) == [
        ("let_write_as", FUNCTION.address, ["01MINISTRY"]),
        ("let_write_as", ADDRESS, PATH),
        ("let_write_as", ADDRESS, PATH),
        ("write_as", ADDRESS, PATH),
    ]


async def test_what_was_not_told_yet_is_told_after_the_account_is_erased(house: House, owner: str) -> None:
    await let_write_as(house.mail, Sender(owner, ADDRESS), ADDRESS, OTHERS, Capacity.AS)
    await house.mail.store.delegations.forget(owner)
    assert await may_write_as(house.mail, OTHER) == []
    assert await acts(house) == [("let_write_as", ADDRESS, PATH)]


async def test_what_was_left_out_of_lists_is_there_when_it_is_shared_again(house: House, owner: str) -> None:
    box = await house.box(owner)
    await share_mailbox(house.mail, owner, owner, box.id, OTHERS, "lr")
    await house.mail.store.grants.subscribe(OTHER, box, subscribed=False)
    assert [each.box.subscribed for each in await shared_mailboxes(house.mail, OTHER)] == [False]
    await share_mailbox(house.mail, owner, owner, box.id, OTHERS, "lrs")
    assert [each.box.subscribed for each in await shared_mailboxes(house.mail, OTHER)] == [False]
    await share_mailbox(house.mail, owner, owner, box.id, OTHERS, "")
    await share_mailbox(house.mail, owner, owner, box.id, OTHERS, "lr")
    assert [each.box.subscribed for each in await shared_mailboxes(house.mail, OTHER)] == [True]


async def test_a_units_auditors_read_of_what_is_forwarded_outside(house: House, owner: str) -> None:
    await put_script(house.mail, owner, "dehors", b'redirect "a@example.org";')
    await activate_script(house.mail, owner, "dehors")
    assert await acts(house) == [("forward_outside", ADDRESS, PATH)]
