"""How connections to other domains' servers went, counted by day and domain."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from pymongo.errors import DuplicateKeyError

from chassis.documents import Index
from services.mail.domain.tls_results import Applied, Session
from services.mail.store.leases import claim_due

KEPT_SECONDS = 14 * 24 * 3600
AT_ONCE = 50
# Kinds of sessions of a domain on a day that are told apart; after that where they went is left out, and after as many
# again they are not counted.
MOST_KINDS = 200


class Day(NamedTuple):
    """A day's sessions with a domain; `due` is the claim."""

    domain: str
    begin: datetime
    due: datetime
    sessions: tuple[tuple[Session, int], ...]


class TlsResults:
    """Collection `tls_results`: one document a day and domain; `due` is there until it was reported."""

    indexes = (
        Index("tls_results", (("due", 1),), sparse=True),
        Index("tls_results", (("begin", 1),), expire_seconds=KEPT_SECONDS),
    )

    def __init__(self, database: Any) -> None:
        self._days = database["tls_results"]

    async def count(self, session: Session, begin: datetime, due: datetime) -> None:
        """One more session on the day that begins at `begin`, to be reported at `due`."""
        for kind, most in ((session, MOST_KINDS), (replace(session, mx="", address=""), 2 * MOST_KINDS)):
            for _ in range(2):
                if await self._counted(kind, begin, due, most):
                    return

    async def _counted(self, session: Session, begin: datetime, due: datetime, most: int) -> bool:
        domain = session.applied.domain
        id_, row = f"{domain} {begin:%Y-%m-%d}", f"rows.{_key(session)}"
        more = {"$inc": {f"{row}.count": 1}}
        if (await self._days.update_one({"_id": id_, row: {"$exists": True}}, more)).matched_count:
            return True
        told = {f"{row}.{name}": value for name, value in _row(session).items()}
        fresh = {"$set": told, "$inc": {f"{row}.count": 1, "kinds": 1}}
        first = {"$setOnInsert": {"domain": domain, "begin": begin, "due": due}}
        try:
            await self._days.update_one({"_id": id_, "kinds": {"$not": {"$gte": most}}}, fresh | first, upsert=True)
        except DuplicateKeyError:  # full, or begun by another relay at the same time
            return False
        return True

    async def claim_due(self, now: datetime, lease: timedelta) -> list[Day]:
        """Days to be reported, each for whoever claims it first; due again after the lease."""
        return [_day(found) for found in await claim_due(self._days, now, lease, AT_ONCE)]

    async def done(self, day: Day, *, session: Any = None) -> bool:
        """It was reported, or nobody wants it; false when the claim was lost."""
        was = {"_id": f"{day.domain} {day.begin:%Y-%m-%d}", "due": day.due}
        return bool((await self._days.update_one(was, {"$unset": {"due": ""}}, session=session)).modified_count)


def _key(session: Session) -> str:
    return sha256(repr(session).encode()).hexdigest()[:24]


def _row(session: Session) -> dict[str, Any]:
    applied = session.applied
    return {
        "kind": applied.kind,
        "lines": list(applied.lines),
        "mx_named": list(applied.mx),
        "result": session.result,
        "mx": session.mx,
        "address": session.address,
    }


def _day(document: Mapping[str, Any]) -> Day:
    domain = document["domain"]
    sessions = tuple((_session(row, domain), row["count"]) for row in document["rows"].values())
    return Day(domain, document["begin"], document["due"], sessions)


def _session(row: Mapping[str, Any], domain: str) -> Session:
    applied = Applied(row["kind"], domain, tuple(row["lines"]), tuple(row["mx_named"]))
    return Session(applied, row["result"], row["mx"], row["address"])
