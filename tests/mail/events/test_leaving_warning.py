"""Who sent what a rule on leaving is about finds a letter of it, which the worker wrote when it heard of that."""

from chassis.ids import new_id
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender
from services.mail.domain.leaving import Action, Rule
from services.mail.usecases import find_mailbox, send
from services.mail.usecases.leaving import put_rules
from tests.mail.events.conftest import NAMES, Worker
from tests.mail.house import chunked, letter

ADDRESS = "agent1@numerique.gouv.tg"
RULE = Rule("Grands envois", Action.WARN, "Préférez le drive.", beyond=1)


async def test_the_sender_finds_a_letter_about_it(worker: Worker) -> None:
    owner, unit = new_id(), "01MINISTRY"
    worker.start()
    await worker.until(worker.ready)
    worker.tell(owner, ADDRESS)

    async def made() -> bool:
        return await worker.mailboxes(owner) == NAMES

    await worker.until(made)
    await worker.database["people"].update_one({"_id": owner}, {"$set": {"unit_path": [unit]}})
    await put_rules(worker.mail, unit, Whereabouts("Ministère", (unit,)), [RULE])
    await send(worker.mail, Sender(owner, ADDRESS), chunked(letter("Rapport")), recipients=["a@example.org"])

    async def told() -> bool:
        return (await find_mailbox(worker.mail, owner, "INBOX")).messages == 1

    await worker.until(told)
    (found,) = await worker.database["messages"].find({"owner": owner, "subject": {"$ne": "Rapport"}}).to_list(5)
    assert found["subject"] == "Votre message est parti ; à vérifier / Your message has left; please check"
    assert worker.end() == 0
