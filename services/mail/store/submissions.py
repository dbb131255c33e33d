"""Messages that the platform accepted from its accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Index
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from services.mail.domain.authentication.found import Found
from services.mail.domain.dsn import NO_WISHES, Wish, Wishes
from services.mail.domain.envelope import Recipient
from services.mail.store.cursors import every
from services.mail.store.found import found_document, found_in
from services.mail.store.ids import key, outside, under
from services.mail.store.leases import claim_due

AT_ONCE = 100
KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class Accepted:
    """A submission as it was accepted. `local` are the recipients that are delivered to here."""

    id: str
    owner: str
    sender: str
    blob: str
    trace: bytes
    local: tuple[Recipient, ...]
    foreign: tuple[str, ...]
    at: datetime
    wishes: Wishes = NO_WISHES
    # Its header is UTF-8 (RFC 6532).
    utf8: bool = False
    # A script passes it on: what was found of it when it came from outside.
    found: Found | None = None
    # The platform wrote it, and it may say a secret.
    of_platform: bool = False
    # It says a secret to its reader: no copy stays with whose letter it is.
    secret: bool = False


class Submissions:
    """Collection `submissions`. `due` is there until every recipient here has its copy."""

    indexes = (
        Index("submissions", (("due", 1),), sparse=True),
        Index("submissions", (("blob", 1),)),
        outbox_index("submissions"),
        Index("submissions", (("at", 1),), expire_seconds=KEPT_SECONDS),
    )

    def __init__(self, database: Any) -> None:
        self._submissions = database["submissions"]

    async def insert(self, accepted: Accepted, due: datetime, facts: Sequence[Fact], *, session: Any) -> None:
        document = {**document_of(accepted), **({"due": due} if accepted.local else {})}
        await self._submissions.insert_one(document_with_facts(document, *facts), session=session)

    async def done(self, owner: str, submission_id: str) -> None:
        await self._submissions.update_one({"_id": key(owner, submission_id)}, {"$unset": {"due": ""}})

    async def left(
        self, accepted: Accepted, recipients: Sequence[Recipient], due: datetime, facts: Sequence[Fact]
    ) -> None:
        """Only these recipients here still need it, from `due` on; unless somebody else was at it meanwhile."""
        as_seen = {"_id": key(accepted.owner, accepted.id), "local": _listed(accepted.local)}
        change = {"$set": {"local": _listed(recipients), "due": due}} if recipients else {"$unset": {"due": ""}}
        await self._submissions.update_one(as_seen, with_facts(change, *facts))

    async def claim_due(self, now: datetime, lease: timedelta) -> list[Accepted]:
        """Those left unfinished, each for whoever claims it first; they are due again after the lease."""
        return [accepted_of(found) for found in await claim_due(self._submissions, now, lease, AT_ONCE)]

    async def remove_all(self, owner: str) -> None:
        """Of an account that is erased."""
        await self._submissions.delete_many({"_id": under(owner)})

    async def named_blobs(self, addresses: Sequence[str]) -> set[str]:
        """Those that an unfinished submission names."""
        found = await every(self._submissions.find({"blob": {"$in": list(addresses)}}, {"_id": 0, "blob": 1, "due": 1}))
        return {document["blob"] for document in found if "due" in document}


def document_of(accepted: Accepted) -> dict[str, Any]:
    return {
        "_id": key(accepted.owner, accepted.id),
        "owner": accepted.owner,
        "sender": accepted.sender,
        "blob": accepted.blob,
        "trace": accepted.trace,
        "local": _listed(accepted.local),
        "foreign": list(accepted.foreign),
        "at": accepted.at,
        "utf8": accepted.utf8,
        "ret": accepted.wishes.ret,
        "envid": accepted.wishes.envid,
        "wishes": [[address, wish.orcpt, *wish.notify] for address, wish in accepted.wishes.recipients.items()],
        **found_document(accepted.found),
        **({"of_platform": True} if accepted.of_platform else {}),
        **({"secret": True} if accepted.secret else {}),
    }


def accepted_of(document: dict[str, Any]) -> Accepted:
    return Accepted(
        id=outside(document["_id"]),
        owner=document["owner"],
        sender=document["sender"],
        blob=document["blob"],
        trace=document["trace"],
        local=tuple(Recipient(first, address, tuple(also)) for first, address, *also in document["local"]),
        foreign=tuple(document["foreign"]),
        at=document["at"],
        utf8=document.get("utf8", False),
        wishes=Wishes(
            document.get("ret", ""),
            document.get("envid", ""),
            {address: Wish(tuple(notify), orcpt) for address, orcpt, *notify in document.get("wishes", ())},
        ),
        found=found_in(document),
        of_platform="of_platform" in document,
        secret="secret" in document,
    )


def _listed(recipients: Sequence[Recipient]) -> list[list[str]]:
    return [[each.account_id, each.address, *each.also] for each in recipients]
