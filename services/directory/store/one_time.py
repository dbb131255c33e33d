"""One-time codes as documents: one of each purpose an account, of mailed ones one a letter; forgotten when over."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ReplaceOne

from chassis.documents import Database, transaction
from chassis.events import document_with_facts
from services.directory.domain.letters import Waiting
from services.directory.domain.one_time import OneTimeCode
from services.directory.store.letters import insert_letters
from services.directory.store.receipts import written

Facts = Sequence[dict[str, Any]]


class OneTimeStore:
    """The collection `one_time_codes`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._codes = database["one_time_codes"]

    async def put(self, codes: Sequence[tuple[OneTimeCode, Facts]]) -> None:
        """Keep codes, each with its facts, in place of those before."""
        writes = [
            ReplaceOne({"_id": code.id}, document_with_facts(_document(code), *facts), upsert=True)
            for code, facts in codes
        ]
        if not writes:
            return

        async def write(session: Any) -> None:
            await self._codes.bulk_write(writes, ordered=False, session=session)

        await written(self._database, write)

    async def put_with_letter(self, code: OneTimeCode, facts: Facts, letter: Waiting) -> None:
        """Keep a code and the letter that takes it to its owner, both or neither."""
        document = document_with_facts(_document(code), *facts)

        async def both(session: Any) -> None:
            await self._codes.replace_one({"_id": code.id}, document, upsert=True, session=session)
            await insert_letters(self._database, [letter], session)

        await transaction(self._database, both)

    async def find(self, purpose: str, proofs: Sequence[str]) -> OneTimeCode | None:
        """The code that has one of these proofs, over or not."""
        for proof in proofs:
            found = await self._codes.find_one({"proof": proof}, {"outbox": 0})
            if found is not None and found["purpose"] == purpose:
                return _code(found)
        return None

    async def take(self, code: OneTimeCode) -> bool:
        """Use it; False when somebody else was faster. Its proof goes at once, the rest when its facts are told."""
        answer = await self._codes.update_one(
            {"_id": code.id, "proof": code.proof}, {"$set": {"proof": f"taken.{code.id}"}}
        )
        return bool(answer.matched_count)


def _document(code: OneTimeCode) -> dict[str, Any]:
    return {
        "_id": code.id,
        "account": code.account_id,
        "purpose": code.purpose,
        "number": code.number,
        "proof": code.proof,
        "replaces": code.replaces,
        "expires_at": code.expires_at,
    }


def _code(document: Mapping[str, Any]) -> OneTimeCode:
    return OneTimeCode(
        account_id=document["account"],
        purpose=document["purpose"],
        proof=document["proof"],
        replaces=document["replaces"],
        number=document.get("number", 0),
        expires_at=document["expires_at"],
    )
