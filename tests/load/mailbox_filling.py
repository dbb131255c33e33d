"""A mailbox of ours is made large past the service: what the service costs to fill it is measured elsewhere."""

from typing import Any

from chassis.ids import new_id
from services.mail.store.ids import key
from tests.running import RunningStack

_BATCH = 500


def multiply(stack: RunningStack, name: str, size: int) -> None:
    """The messages of an account's mailbox again and again, as COPY leaves them, until there are `size`."""
    with stack.documents() as client:
        mail: Any = client["mail"]
        box = mail["mailboxes"].find_one({"name": name})
        owner, mailbox_id = box["owner"], box["_id"].rpartition(".")[2]
        found = list(mail["messages"].find({"owner": owner, "mailbox": mailbox_id, "uid": {"$gte": 1}}).sort("uid", 1))
        for document in found:
            for unwanted in ("outbox", "pending", "terms_due"):
                document.pop(unwanted, None)
        made = _multiplied(found, owner, size - box["messages"], box["uid_next"], box["modseq"])
        for start in range(0, len(made), _BATCH):
            mail["messages"].insert_many(made[start : start + _BATCH])
        octets, unseen = sum(each["size"] for each in made), sum("\\Seen" not in each["flags"] for each in made)
        grown = {"uid_next": len(made), "messages": len(made), "unseen": unseen, "size": octets}
        mail["mailboxes"].update_one({"_id": box["_id"]}, {"$inc": {**grown, "modseq": 1}})
        mail["usages"].update_one({"_id": owner}, {"$inc": {"octets": octets, "messages": len(made)}})


def _multiplied(
    found: list[dict[str, Any]], owner: str, count: int, first_uid: int, modseq: int
) -> list[dict[str, Any]]:
    return [
        {**found[number % len(found)], "_id": key(owner, new_id()), "uid": first_uid + number, "modseq": modseq + 1}
        for number in range(count)
    ]
