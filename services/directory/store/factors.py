"""Second factors as documents: one an account, so that what logs in is read in one query and changed in one write."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from chassis.events import with_facts
from services.directory.domain.factors import Factors, Passkey, RecoveryAddress, Shut, Totp
from services.directory.domain.letters import Waiting
from services.directory.store.letters import insert_letters
from services.directory.store.receipts import in_transaction, written

Facts = Sequence[dict[str, Any]]


class FactorStore:
    """The collection `factors`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._factors = database["factors"]

    async def find(self, account_id: str) -> Factors:
        """Those of an account; of one that has none, none."""
        found = await self._factors.find_one({"_id": account_id}, {"outbox": 0})
        return _factors(found) if found else Factors(account_id)

    async def by_passkey(self, passkey_id: str) -> Factors | None:
        found = await self._factors.find_one({"passkeys.id": passkey_id}, {"outbox": 0})
        return _factors(found) if found else None

    async def replace(self, factors: Factors, facts: Facts, letters: Sequence[Waiting] = ()) -> bool:
        """Write them one version further, with the letters that tell of it; False when somebody else was faster, or
        has that passkey."""
        if not letters:
            return await self._write(factors, facts, None)

        async def both(session: Any) -> bool:
            replaced = await self._write(factors, facts, session)
            if replaced:
                await insert_letters(self._database, letters, session)
            return replaced

        return await in_transaction(self._database, both)

    async def _write(self, factors: Factors, facts: Facts, session: Any) -> bool:
        wanted, absent = _document(factors)
        update: dict[str, Any] = {"$set": {**wanted, "version": factors.version}}
        if absent:
            update["$unset"] = dict.fromkeys(absent, "")
        first = factors.version == 1
        before, whole = {"_id": factors.account_id, "version": factors.version - 1}, with_facts(update, *facts)

        async def write(within: Any) -> bool:
            answer = await self._factors.update_one(before, whole, upsert=first, session=within)
            return bool(answer.matched_count or answer.upserted_id is not None)

        try:
            return await (write(session) if session is not None else written(self._database, write))
        except DuplicateKeyError:
            return False

    async def shut(self, since: datetime) -> list[Factors]:
        """Of the accounts whose own password ceased to open protocols at or after `since`."""
        found = self._factors.find({"shut.at": {"$gte": since}}, {"outbox": 0})
        return [_factors(each) async for each in found]

    async def use_step(self, account_id: str, step: int) -> bool:
        """Take a time step; False when a code of it, or of a later one, was taken before (RFC 6238 §5.2)."""
        answer = await self._factors.update_one(
            {"_id": account_id, "totp.last_step": {"$lt": step}},
            {"$set": {"totp.last_step": step}, "$inc": {"version": 1}},
        )
        return bool(answer.matched_count)

    async def use_recovery_code(self, account_id: str, proof: str, facts: Facts) -> bool:
        """Take a recovery code; False when there is none such, or it was taken."""
        answer = await self._factors.update_one(
            {"_id": account_id, "recovery_codes": proof},
            with_facts({"$pull": {"recovery_codes": proof}, "$inc": {"version": 1}}, *facts),
        )
        return bool(answer.modified_count)

    async def use_passkey(self, account_id: str, passkey: Passkey, count: int, now: datetime) -> bool:
        """Note that it signed; False when another login was faster with what it signed."""
        answer = await self._factors.update_one(
            {
                "_id": account_id,
                "passkeys": {"$elemMatch": {"id": passkey.id, "sign_count": passkey.sign_count}},
            },
            {
                "$set": {"passkeys.$.sign_count": count, "passkeys.$.last_used_at": now},
                "$inc": {"version": 1},
            },
        )
        return bool(answer.matched_count)


def _document(factors: Factors) -> tuple[dict[str, Any], list[str]]:
    """What is there, and the names of what is not: an empty array would be one more value of the unique index."""
    whole = {
        "totp": asdict(factors.totp) if factors.totp else None,
        "enrolling": factors.enrolling,
        "recovery_codes": list(factors.recovery_codes),
        "passkeys": [{**asdict(each), "transports": list(each.transports)} for each in factors.passkeys],
        "strengthened": factors.strengthened,
        "shut": asdict(factors.shut) if factors.shut else None,
        "recovery": asdict(factors.recovery) if factors.recovery != RecoveryAddress() else None,
    }
    return {name: value for name, value in whole.items() if value}, [n for n, value in whole.items() if not value]


def _factors(document: Mapping[str, Any]) -> Factors:
    totp, recovery, shut = document.get("totp"), document.get("recovery"), document.get("shut")
    return Factors(
        account_id=document["_id"],
        totp=Totp(**totp) if totp else None,
        enrolling=document.get("enrolling", ""),
        recovery_codes=tuple(document.get("recovery_codes", ())),
        passkeys=tuple(
            Passkey(**{**each, "transports": tuple(each["transports"]), "public_key": bytes(each["public_key"])})
            for each in document.get("passkeys", ())
        ),
        recovery=RecoveryAddress(**recovery) if recovery else RecoveryAddress(),
        strengthened=document.get("strengthened", 0),
        shut=Shut(**shut) if shut else None,
        version=document["version"],
    )
