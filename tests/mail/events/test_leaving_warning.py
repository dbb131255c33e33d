"""Who sent what a rule on leaving is about, and who may approve it, find letters of it, which the worker wrote when it
heard of that."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chassis.identity import Identity
from chassis.ids import new_id
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender
from services.mail.domain.leaving import Action, Rule
from services.mail.usecases import find_mailbox, send
from services.mail.usecases.approve import approve
from services.mail.usecases.leaving import put_rules
from tests.mail.events.conftest import NAMES, Worker
from tests.mail.house import chunked, letter

ADDRESS, CHIEF = "agent1@numerique.gouv.tg", "chef@numerique.gouv.tg"
UNIT = "01MINISTRY"
RULE = Rule("Grands envois", Action.WARN, "Préférez le drive.", beyond=1)


async def test_the_sender_and_who_approves_find_letters_about_it(worker: Worker) -> None:
    owner, boss, now = new_id(), new_id(), datetime.now(UTC)
    worker.start()
    await worker.until(worker.ready)
    worker.tell(owner, ADDRESS)
    worker.tell(boss, CHIEF)

    async def made() -> bool:
        return await worker.mailboxes(owner) == await worker.mailboxes(boss) == NAMES

    def letters(account: str, count: int) -> Callable[[], Awaitable[bool]]:
        async def there() -> bool:
            return (await find_mailbox(worker.mail, account, "INBOX")).messages == count

        return there

    async def write(subject: str) -> str:
        source = chunked(letter(subject))
        return (await send(worker.mail, Sender(owner, ADDRESS), source, recipients=["a@example.org"])).id

    async def left() -> bool:
        return await worker.database["queue"].count_documents({"owner": owner}) == 2

    await worker.until(made)
    await worker.database["people"].update_one({"_id": owner}, {"$set": {"unit_path": [UNIT]}})
    await put_rules(worker.mail, UNIT, Whereabouts("Ministère", (UNIT,)), [RULE])
    await write("Rapport")
    await worker.until(letters(owner, 1))
    held = replace(RULE, action=Action.HOLD)
    await put_rules(worker.mail, UNIT, Whereabouts("Ministère", (UNIT,)), [held], [CHIEF])
    waits = await write("Plan")
    await worker.until(letters(boss, 1))
    await worker.until(letters(owner, 2))
    chief = Identity(boss, CHIEF, "01S", now, now + timedelta(hours=1), (), "Chef")
    await approve(worker.mail, chief, waits, "Vu.")
    await worker.until(letters(owner, 3))
    await worker.until(left)
    found = await worker.database["messages"].find({"owner": owner}).to_list(10)
    assert {each["subject"] for each in found} - {"Rapport", "Plan"} == {
        "Votre message est parti ; à vérifier / Your message has left; please check",
        "Votre message attend une approbation / Your message waits for approval",
        "Votre message est approuvé / Your message is approved",
    }
    assert worker.end() == 0
