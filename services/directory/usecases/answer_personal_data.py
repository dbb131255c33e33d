"""Directory's own part of a person's data, and what other services answer."""

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from services.directory.domain.personal import ERASURE
from services.directory.usecases.context import Directory
from services.directory.usecases.delete_departed import delete_account

PURPOSE = "personal-data"
OWN = "directory"


async def answer_export(directory: Directory, request_id: str) -> None:
    """Put together what directory keeps: the account, its photo, sessions, contacts and the like, without secrets.

    Raises `Unavailable` while the photo cannot be read: the fact is then heard again.
    """
    request = await directory.personal.find(request_id)
    if request is None or OWN in request.answers:
        return
    found = await directory.erasure.collected(request.account_id)
    account = await directory.accounts.find(request.account_id)
    if account is not None and account.photo is not None:
        octets = await directory.photos.read(account.photo.renditions[0])
        found["photo"] = [{"media_type": "image/jpeg", "base64": b64encode(octets).decode("ascii")}]
    text = json.dumps(found, default=_told, ensure_ascii=False, indent=1)
    count = sum(map(len, found.values()))
    await keep_answer(directory, request_id, OWN, f"{count} documents", text)


async def answer_erasure(directory: Directory, request_id: str) -> None:
    """Delete the account with all that hangs on it; its addresses stay reserved, as no personal data of a use."""
    request = await directory.personal.find(request_id)
    if request is None or request.kind != ERASURE or OWN in request.answers:
        return
    account = await directory.accounts.find(request.account_id)
    while account is not None and not await delete_account(directory, account):
        account = await directory.accounts.find(request.account_id)
    await keep_answer(directory, request_id, OWN, "account deleted")


async def keep_answer(directory: Directory, request_id: str, service: str, says: str, document: str = "") -> None:
    """What a service says, and its part of the archive, sealed."""
    request = await directory.personal.find(request_id)
    if request is None:
        return
    sealed = directory.sealer.seal(document, PURPOSE, f"{request_id}.{service}") if document else ""
    await directory.personal.answered(request, service, says, sealed)


def _told(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
