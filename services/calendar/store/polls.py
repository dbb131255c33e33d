"""Meeting polls as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from chassis.documents import Database, Index
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from services.calendar.domain.finding.poll import Answer, Option, Poll, Vote
from services.calendar.domain.poll_guests import Guest


@dataclass(frozen=True)
class KeptPoll:
    """A poll, whose it is and whom it asks, by account, and guests who have none; votes are by these too."""

    owner: str
    id: str
    poll: Poll
    invitees: tuple[str, ...]
    created_at: datetime
    version: int = 1
    guests: tuple[Guest, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.owner}.{self.id}"

    @property
    def uid(self) -> str:
        """Of the meeting that it becomes."""
        return f"{self.id.lower()}@polls"


class PollStore:
    """The collection `polls`."""

    indexes = (
        Index("polls", (("owner", 1), ("created_at", 1))),
        Index("polls", (("invitees", 1), ("created_at", 1))),
        Index("polls", (("guests.digest", 1),), sparse=True),
        Index("polls", (("guests.address", 1),), sparse=True),
        outbox_index("polls"),
    )

    def __init__(self, database: Database) -> None:
        self._polls = database["polls"]

    async def insert(self, kept: KeptPoll, *facts: Fact) -> None:
        document = {"_id": kept.key, "owner": kept.owner, "created_at": kept.created_at, **_said(kept)}
        await self._polls.insert_one(document_with_facts(document, *facts))

    async def find(self, key: str) -> KeptPoll | None:
        found = await self._polls.find_one({"_id": key})
        return _kept(found) if found is not None else None

    async def by_digest(self, digest: str) -> KeptPoll | None:
        """By the link of one of its guests."""
        found = await self._polls.find_one({"guests.digest": digest})
        return _kept(found) if found is not None else None

    async def guests_since(self, owner: str, since: datetime) -> int:
        """How many guests somebody has asked."""
        made = self._polls.find({"owner": owner, "created_at": {"$gte": since}}, {"guests.id": 1})
        return sum(len(each.get("guests", ())) for each in await made.to_list(None))

    async def asked_since(self, address: str, since: datetime) -> int:
        """How many polls ask a guest of an address."""
        asking = await self._polls.find({"guests.address": address}, {"created_at": 1}).to_list(None)
        return sum(each["created_at"] >= since for each in asking)

    async def count(self, owner: str) -> int:
        return int(await self._polls.count_documents({"owner": owner}))

    async def concerning(self, account_id: str, most: int) -> list[KeptPoll]:
        """Those that somebody made, or is asked by, the newest first."""
        found: dict[str, KeptPoll] = {}
        for field in ("owner", "invitees"):
            cursor = self._polls.find({field: account_id}).sort("created_at", -1).limit(most)
            found |= {each["_id"]: _kept(each) for each in await cursor.to_list(most)}
        return sorted(found.values(), key=lambda each: each.created_at, reverse=True)[:most]

    async def change(self, kept: KeptPoll, *facts: Fact) -> bool:
        """Write it as the next version; False when it was changed since it was read."""
        which = {"_id": kept.key, "version": kept.version - 1}
        return bool((await self._polls.update_one(which, with_facts({"$set": _said(kept)}, *facts))).matched_count)

    async def remove(self, key: str) -> None:
        await self._polls.delete_one({"_id": key})

    async def forget(self, account_id: str) -> None:
        """An account's polls, and what it answered to others'."""
        await self._polls.delete_many({"owner": account_id})
        gone = {"$pull": {"invitees": account_id, "votes": {"voter": account_id}}, "$inc": {"version": 1}}
        await self._polls.update_many({"invitees": account_id}, gone)


def _said(kept: KeptPoll) -> dict[str, Any]:
    poll = kept.poll
    return {
        "title": poll.title,
        "options": [{"id": each.id, "start": each.start, "end": each.end} for each in poll.options],
        "deadline": poll.deadline,
        "votes": [
            {
                "voter": voter,
                "name": vote.name,
                "comment": vote.comment,
                "answers": [[option, answer.value] for option, answer in vote.answers.items()],
            }
            for voter, vote in poll.votes.items()
        ],
        "closed": poll.closed,
        "chosen": poll.chosen,
        "invitees": list(kept.invitees),
        "version": kept.version,
        "guests": [asdict(each) for each in kept.guests],
    }


def _votes(documents: Sequence[Mapping[str, Any]]) -> dict[str, Vote]:
    return {
        each["voter"]: Vote(each["name"], {option: Answer(said) for option, said in each["answers"]}, each["comment"])
        for each in documents
    }


def _kept(document: Mapping[str, Any]) -> KeptPoll:
    return KeptPoll(
        owner=document["owner"],
        id=document["_id"].partition(".")[2],
        poll=Poll(
            title=document["title"],
            options=tuple(Option(each["id"], each["start"], each["end"]) for each in document["options"]),
            deadline=document["deadline"],
            votes=_votes(document["votes"]),
            closed=document["closed"],
            chosen=document["chosen"],
        ),
        invitees=tuple(document["invitees"]),
        created_at=document["created_at"],
        version=document["version"],
        guests=tuple(Guest(**each) for each in document.get("guests", ())),
    )
