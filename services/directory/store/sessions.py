"""Sessions as documents; the database itself forgets those that have expired."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.documents import Database
from chassis.events import document_with_facts, with_facts
from services.directory.domain.sessions import Session


class SessionStore:
    """The collection `sessions`."""

    def __init__(self, database: Database) -> None:
        self._sessions = database["sessions"]

    async def insert(self, session: Session, facts: Sequence[dict[str, Any]] = ()) -> None:
        document = {
            "_id": session.id,
            "account": session.account_id,
            "seed": session.seed,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
            "generation": session.generation,
            "amr": list(session.amr),
            "authenticated_at": session.authenticated_at or session.created_at,
            "user_agent": session.user_agent,
            "remote": session.remote,
            "seen_at": session.created_at,
            "ended_at": None,
        }
        await self._sessions.insert_one(document_with_facts(document | _of_client(session), *facts))

    async def find(self, session_id: str) -> Session | None:
        found = await self._sessions.find_one({"_id": session_id}, {"outbox": 0})
        return _session(found) if found else None

    async def of_account(self, account_id: str) -> list[Session]:
        """Those that have not been ended."""
        found = self._sessions.find({"account": account_id, "ended_at": None}, {"outbox": 0})
        return [_session(document) async for document in found]

    async def rotate(self, session: Session, expires_at: datetime, now: datetime) -> bool:
        """Give a living session its next generation; False when another refresh was faster."""
        answer = await self._sessions.update_one(
            {"_id": session.id, "generation": session.generation, "ended_at": None},
            {"$set": {"generation": session.generation + 1, "expires_at": expires_at, "seen_at": now}},
        )
        return bool(answer.matched_count)

    async def prolong(self, session_id: str, expires_at: datetime, now: datetime) -> None:
        """Let a living session last until then."""
        await self._sessions.update_one(
            {"_id": session_id, "ended_at": None}, {"$max": {"expires_at": expires_at}, "$set": {"seen_at": now}}
        )

    async def strengthen(self, session_id: str, amr: Sequence[str], now: datetime) -> None:
        """Its owner has proven more just now."""
        await self._sessions.update_one(
            {"_id": session_id, "ended_at": None}, {"$set": {"amr": list(amr), "authenticated_at": now}}
        )

    async def end(self, session_id: str, now: datetime, facts: Sequence[dict[str, Any]]) -> bool:
        """End a session and say so in the same write; False when it had ended before."""
        answer = await self._sessions.update_one(
            {"_id": session_id, "ended_at": None},
            with_facts({"$set": {"ended_at": now}, "$unset": {"living": ""}}, *facts),
        )
        return bool(answer.matched_count)

    async def hanging_on(self, parent_id: str) -> list[Session]:
        """Clients' living sessions that hang on a login."""
        cursor = self._sessions.find({"parent": parent_id}, {"outbox": 0})
        return [session async for session in _each(cursor) if session.ended_at is None]

    async def of_clients(self, account_id: str) -> list[Session]:
        """Clients' living sessions of a person."""
        return [session for session in await self.of_account(account_id) if session.parent_id]

    async def of_client(self, client_id: str, count: int) -> list[Session]:
        """Up to `count` living sessions of a client, whoever they are for."""
        cursor = self._sessions.find({"client": client_id, "living": True}, {"outbox": 0}).limit(count)
        return [session async for session in _each(cursor)]

    async def ended(self, since: datetime) -> list[Session]:
        """Sessions that ended at or after `since`, before their time."""
        cursor = self._sessions.find({"ended_at": {"$gte": since}}, {"outbox": 0})
        return [_session(document) async for document in cursor]


def _of_client(session: Session) -> dict[str, Any]:
    """What a client's session has beside; absent from a login, so that the indexes of it hold no logins."""
    if not session.client_id:
        return {}
    document: dict[str, Any] = {"client": session.client_id, "scopes": list(session.scopes), "living": True}
    if session.parent_id:
        document["parent"] = session.parent_id
    if session.certificate:
        document["certificate"] = session.certificate
    return document


async def _each(cursor: Any) -> AsyncIterator[Session]:
    async for document in cursor:
        yield _session(document)


def _session(document: Mapping[str, Any]) -> Session:
    return Session(
        id=document["_id"],
        account_id=document["account"],
        seed=document["seed"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        generation=document["generation"],
        ended_at=document.get("ended_at"),
        amr=tuple(document.get("amr", ("pwd",))),
        authenticated_at=document.get("authenticated_at"),
        client_id=document.get("client", ""),
        scopes=tuple(document.get("scopes", ())),
        parent_id=document.get("parent", ""),
        certificate=document.get("certificate", ""),
        user_agent=document.get("user_agent", ""),
        remote=document.get("remote", ""),
        seen_at=document.get("seen_at"),
    )
