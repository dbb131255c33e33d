"""Registered clients as documents. A removed one stays a while as a tombstone: its grants are ended, its facts told."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.documents import Database
from chassis.events import document_with_facts, with_facts
from services.directory.domain.accounts import Account
from services.directory.domain.clients import Client, Secret
from services.directory.store.accounts import AccountStore
from services.directory.store.receipts import in_transaction, written

Facts = Sequence[dict[str, Any]]
BURIED_AFTER = timedelta(days=7)


class ClientStore:
    """The collection `clients`."""

    def __init__(self, database: Database, accounts: AccountStore) -> None:
        self._database = database
        self._clients = database["clients"]
        self._accounts = accounts

    async def insert(self, client: Client, facts: Facts, account: Account | None = None, told: Facts = ()) -> None:
        """Keep a new client, with its service account if it has one: both or neither. Raises `AlreadyExists`."""
        document = document_with_facts({"_id": client.id, **_document(client)}, *facts)

        async def alone(session: Any) -> None:
            await self._clients.insert_one(document, session=session)

        if account is None:
            await written(self._database, alone)
            return

        async def both(session: Any) -> None:
            await self._accounts.insert(account, told, session)
            await alone(session)

        await in_transaction(self._database, both)

    async def replace(self, client: Client, facts: Facts, *, ends_sessions: bool = False) -> bool:
        """Write a client one version further; False when somebody else was faster."""
        document = _document(client) | ({"ends_sessions": 1} if ends_sessions else {})
        update: dict[str, Any] = {"$set": document}
        if not client.origins:
            update["$unset"] = {"origins": ""}
        before = {"_id": client.id, "version": client.version - 1, "removed_at": None}
        whole = with_facts(update, *facts)

        async def write(session: Any) -> bool:
            return bool((await self._clients.update_one(before, whole, session=session)).matched_count)

        return await written(self._database, write)

    async def remove(self, client: Client, now: datetime, facts: Facts) -> bool:
        """From now on it does not exist; False when it has been removed before."""
        gone = {"removed_at": now, "buried_at": now + BURIED_AFTER, "ends_sessions": 1}
        update = {"$set": gone, "$unset": {"origins": ""}}
        answer = await self._clients.update_one({"_id": client.id, "removed_at": None}, with_facts(update, *facts))
        return bool(answer.matched_count)

    async def find(self, client_id: str) -> Client | None:
        found = await self._clients.find_one({"_id": client_id, "removed_at": None}, {"outbox": 0})
        return _client(found) if found else None

    async def page(self, after: str, count: int) -> list[Client]:
        """Up to `count` clients whose id follows `after`, oldest first; removed ones left out."""
        cursor = self._clients.find({"_id": {"$gt": after}, "removed_at": None}, {"outbox": 0})
        return [_client(document) async for document in cursor.sort("_id", 1).limit(count)]

    async def has_origin(self, origin: str) -> bool:
        """Whether pages of an origin are some client's."""
        cursor = self._clients.find({"origins": origin}, {"disabled": 1}).limit(10)
        return any([not document["disabled"] async for document in cursor])

    async def ending_sessions(self) -> list[str]:
        """Clients whose sessions are all to end."""
        cursor = self._clients.find({"ends_sessions": 1}, {"_id": 1}).limit(100)
        return [document["_id"] async for document in cursor]

    async def sessions_ended(self, client_id: str) -> None:
        await self._clients.update_one({"_id": client_id}, {"$unset": {"ends_sessions": ""}})


_PLAIN = (
    "name", "unit_id", "client_uri", "application_type", "backchannel_logout_uri", "auth_method", "signing_alg", "jwks",
    "subject_dn", "san_dns", "certificate_bound", "first_party", "requests_a_minute", "requests_a_day", "account_id",
    "address", "disabled", "version", "created_at",
)  # fmt: skip
_LISTS = ("redirect_uris", "post_logout_redirect_uris", "grant_types", "scopes")


def _document(client: Client) -> dict[str, Any]:
    document: dict[str, Any] = {field: getattr(client, field) for field in _PLAIN}
    document |= {field: list(getattr(client, field)) for field in _LISTS}
    document["jwks_uri"] = client.jwks_uri
    document["secrets"] = [{"proof": each.proof, "expires_at": each.expires_at} for each in client.secrets]
    # Absent rather than empty: the index of it holds only what can be found by it.
    if client.origins:
        document["origins"] = list(client.origins)
    return document


def _client(document: Mapping[str, Any]) -> Client:
    return Client(
        id=document["_id"],
        **{field: document[field] for field in _PLAIN},
        jwks_uri=document.get("jwks_uri", ""),
        redirect_uris=tuple(document["redirect_uris"]),
        post_logout_redirect_uris=tuple(document["post_logout_redirect_uris"]),
        grant_types=tuple(document["grant_types"]),
        scopes=tuple(document["scopes"]),
        origins=tuple(document.get("origins", ())),
        secrets=tuple(Secret(each["proof"], each["expires_at"]) for each in document["secrets"]),
    )
