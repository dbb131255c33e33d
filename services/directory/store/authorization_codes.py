"""What is good once, as documents: authorization codes, and the ids of assertions."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database
from services.directory.domain.authorization_codes import Code

# A code that comes again so long after it was used is still recognised.
FORGOTTEN_AFTER = timedelta(minutes=30)


class CodeStore:
    """The collections `codes` and `assertions`."""

    def __init__(self, database: Database) -> None:
        self._codes = database["codes"]
        self._assertions = database["assertions"]

    async def insert(self, text: str, code: Code) -> None:
        document = {**asdict(code), "scopes": list(code.scopes), "amr": list(code.amr)}
        await self._codes.insert_one(
            {"_id": _hash(text), **document, "used_for": None, "forgotten_at": code.expires_at + FORGOTTEN_AFTER}
        )

    async def find(self, text: str) -> tuple[Code, str] | None:
        """A code, and the session that it was used for; empty when it was not."""
        found = await self._codes.find_one({"_id": _hash(text)})
        return (_code(found), found["used_for"] or "") if found else None

    async def use(self, text: str, session_id: str) -> bool:
        """Use it up for a session; False when somebody else was faster."""
        answer = await self._codes.update_one(
            {"_id": _hash(text), "used_for": None}, {"$set": {"used_for": session_id}}
        )
        return bool(answer.matched_count)

    async def first_time(self, client_id: str, assertion_id: str, expires_at: datetime) -> bool:
        """Whether an assertion's id (RFC 7523 §3, `jti`) has not been seen of that client; from now on it has."""
        try:
            await self._assertions.insert_one({"_id": f"{client_id}.{_hash(assertion_id)}", "forgotten_at": expires_at})
        except DuplicateKeyError:
            return False
        return True


def _hash(text: str) -> str:
    """Enough for what is random: 256 bits are not guessed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _code(document: Mapping[str, Any]) -> Code:
    fields = {name: document[name] for name in Code.__dataclass_fields__}
    return Code(**{**fields, "scopes": tuple(fields["scopes"]), "amr": tuple(fields["amr"])})
