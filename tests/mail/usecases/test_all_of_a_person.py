"""An account that used all that there is: what an export tells of it, and what of it outlives it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.documents import connect
from chassis.documents.connect import close
from services.mail.domain.allotment import Holder, Whereabouts
from services.mail.domain.composing.identities import Identity
from services.mail.domain.envelope import Sender
from services.mail.domain.importing import Import
from services.mail.domain.postings import SHELVES
from services.mail.domain.receipt_policy import Manner
from services.mail.domain.received_receipts import ReceivedReceipt
from services.mail.domain.sharing import Capacity, Delegation
from services.mail.store.remembered import memory
from services.mail.store.sent_invitations import SentInvitation
from services.mail.usecases import append, delete_mailbox, send
from services.mail.usecases.annotate import annotate
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.hand_over import name_successor
from services.mail.usecases.identities import update_identity
from services.mail.usecases.limits import Giving, allot
from services.mail.usecases.personal_data import export_personal_data
from services.mail.usecases.receipt_policies import want_receipts
from services.mail.usecases.retention import give_retention
from services.mail.usecases.scripts import activate_script, put_script
from services.mail.usecases.share_mailbox import share_mailbox
from services.mail.usecases.uploads import create_upload
from tests.mail.house import House, chunked, letter

ADDRESS, OTHER, OTHERS = "agent1@numerique.gouv.tg", "01JOTHER", "agent2@sante.gouv.tg"
# It is known for good that an account is no more; its mailboxes' UIDVALIDITY is never given again; marks of what came
# go within a day.
OUTLIVES = {"erasures", "owners", "repeats"}
USED = {
    "allotments", "annotations", "asked_receipts", "delegations", "digests", "handovers", "held", "identities",
    "imports", "mailboxes", "messages", "postings", "receipt_policies", "recoverable", "remembered",
    "retention_policies", "scripts", "sent_invitations", "shelving", "submissions", "tallies", "uploads", "usages",
}  # fmt: skip


@pytest.fixture
async def used(house: House, owner: str) -> House:
    """An account that keeps something in every collection that holds accounts' things."""
    mail, sender = house.mail, Sender(owner, ADDRESS)
    house.people.heard = {ADDRESS: owner, OTHERS: OTHER}
    house.people.stands = {owner: Whereabouts(ADDRESS, ("01UNIT",))}
    inbox = await house.fill(owner, 1)
    theirs = await house.box(OTHER, "Archive")
    await share_mailbox(mail, owner, owner, inbox.id, OTHERS, "lr")
    await share_mailbox(mail, OTHER, OTHER, theirs.id, ADDRESS, "lr")
    await mail.store.grants.subscribe(owner, theirs, subscribed=False)
    await mail.store.grants.subscribe(OTHER, inbox, subscribed=False)
    await mail.store.delegations.put(Delegation(owner, OTHER, Capacity.AS), [])
    await mail.store.delegations.put(Delegation(OTHER, owner, Capacity.AS), [])
    await annotate(mail, owner, inbox, {"/private/comment": b"note"})
    gone = await create_mailbox(mail, owner, "Projet")
    await append(mail, owner, gone.id, await house.content(letter("Note")))
    await house.deliver(letter("Ici"), owner)
    await mail.store.postings.put(owner, inbox.id, 0, [b""] * SHELVES)
    await mail.store.postings.ask(owner, inbox.id, [1], mail.now())
    await mail.store.transaction(lambda session: mail.store.remembered.claim(
        memory(owner, "x"), mail.now(), mail.now() + timedelta(days=1), session=session
    ))  # fmt: skip
    await send(mail, sender, chunked(letter("Envoi", To=OTHERS, Disposition_Notification_To=ADDRESS)))
    said = ReceivedReceipt(OTHERS, mail.now(), "displayed", proven=True)
    await mail.store.asked_receipts.note(owner, "Envoi@numerique.gouv.tg", 0, said)
    written = SentInvitation("01JREQUEST", "uid-1", (OTHERS,))
    await mail.store.transaction(lambda session: mail.store.sent_invitations.insert(
        owner, "invitation.01jrequest", written, mail.now() + timedelta(days=1), session=session
    ))  # fmt: skip
    await send(mail, sender, chunked(letter("Plus tard", To=OTHERS)), release_at=mail.now() + timedelta(hours=1))
    await update_identity(mail, owner, {ADDRESS: ""}, Identity(ADDRESS, "Agent 1"), ["name"])
    await create_upload(mail, owner, "note.pdf", "application/pdf", 10)
    await put_script(mail, owner, "tri", b"keep;")
    await activate_script(mail, owner, "tri")
    await mail.store.digests.want(owner, wanted=False)
    await want_receipts(mail, owner, inside=Manner.NEVER)
    await mail.store.imports.insert(Import("01JIMPORT", owner, ADDRESS, owner, "imaps://mail.example.org", mail.now()))
    await give_retention(mail, Holder.ACCOUNT, owner, Whereabouts(ADDRESS), {"trash_days": 9})
    await allot(mail, Giving(Holder.ACCOUNT, owner, Whereabouts(ADDRESS), unlimited=True), {"messages": 77})
    await name_successor(mail, owner, OTHER, 4)
    await delete_mailbox(mail, owner, gone.id)
    return house


@pytest.fixture
async def everything(documents_url: str, database_name: str) -> AsyncIterator[Any]:
    """The database by a connection of which no query is explained: here all of it is read."""
    database = connect(documents_url, database_name)
    yield database
    await close(database)


async def naming(everything: Any, owner: str) -> set[str]:
    """Collections in which a document that is there for good, or for more than its facts, names the account."""
    found = set()
    for name in await everything.list_collection_names():
        async for document in everything[name].find({}):
            document.pop("outbox", None)
            if not document.get("deleted") and owner in str(document):
                found.add(name)
    return found


async def test_nothing_names_an_account_that_was_erased(used: House, owner: str, everything: Any) -> None:
    assert await naming(everything, owner) >= USED
    await begin_erasure(used.mail, owner)
    for _ in range(2):
        await erase_due(used.mail)
        used.clock.advance(minutes=11)
    assert await naming(everything, owner) <= OUTLIVES
    # What others had left out of their lists was the account's too.
    assert [each["unsubscribed"] async for each in everything["owners"].find({"_id": OTHER})] == [[]]


async def test_an_export_tells_of_all_that_it_used(used: House, owner: str) -> None:
    await export_personal_data(used.mail, "r1", owner)
    (fact,) = await used.facts("personal_data_exported")
    told = json.loads(json.loads(fact["body"])["data"]["document"])
    boxes = {box["name"]: box for box in told["mailboxes"]}
    assert boxes["INBOX"]["shared_with"] == {OTHERS: "lr"}
    assert told["mailboxes_of_others"] == {f"Autres utilisateurs/{OTHERS}/Archive": "lr"}
    assert told["deleted_messages"] == 1
    assert told["annotations"]
    (receipt,) = told["receipts_received"]
    assert (receipt["letter"], receipt["by"]) == ("Envoi@numerique.gouv.tg", OTHERS)
    assert told["receipts_wanted"] == {"inside": "never"}
    assert [(each["name"], each["active"]) for each in told["scripts"]] == [("tri", True)]
    assert [each["name"] for each in told["identities"]] == ["Agent 1"]
    assert told["writes_in_the_name_of"] == {OTHERS: "as"}
    assert told["write_in_its_name"] == [OTHERS]
    (leaving,) = told["messages_to_leave"]
    assert (leaving["subject"], leaving["to"]) == ("Plus tard", [OTHERS])
    assert told["files_on_their_way"] == {"files": 1, "octets": 10}
    assert [each["from"] for each in told["imports"]] == ["imaps://mail.example.org"]
    assert told["told_of_junk"] is False
    assert told["kept"]["messages"] == sum(box["messages"] for box in told["mailboxes"])
    assert told["given"] == {"messages": 77}
    assert told["kept_for_days"] == {"trash_days": 9}
    assert told["written_to"] == {"this_hour": 2, "elsewhere_today": 0}
