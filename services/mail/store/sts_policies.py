"""What domains say of their servers (MTA-STS), kept as long as they say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chassis.documents import Index
from services.mail.domain.sts import Mode, StsPolicy

AT_ONCE = 100
# A policy that nobody sent to for so long is left to end.
USED_WITHIN = timedelta(days=30)
_A_DAY = timedelta(days=1)


class KeptPolicy(NamedTuple):
    """`record_id` is DNS's when it was fetched; `until` is when it ends."""

    domain: str
    record_id: str
    policy: StsPolicy
    until: datetime
    used_at: datetime


class StsPolicies:
    """Collection `sts_policies`: one document a domain; `refresh_at` is there while somebody sends to it."""

    indexes = (
        Index("sts_policies", (("until", 1),), expire_seconds=0),
        Index("sts_policies", (("refresh_at", 1),), sparse=True),
    )

    def __init__(self, database: Any) -> None:
        self._policies = database["sts_policies"]

    async def of(self, domain: str, now: datetime) -> KeptPolicy | None:
        found = await self._policies.find_one({"_id": domain, "until": {"$gt": now}})
        return _kept(found) if found is not None else None

    async def keep(self, domain: str, record_id: str, policy: StsPolicy, now: datetime, used_at: datetime) -> None:
        document = {
            "record_id": record_id,
            "mode": policy.mode.value,
            "mx": list(policy.mx),
            "max_age": int(policy.max_age.total_seconds()),
            "until": now + policy.max_age,
            "used_at": used_at,
            "refresh_at": now + min(_A_DAY, policy.max_age / 2),
        }
        await self._policies.update_one({"_id": domain}, {"$set": document}, upsert=True)

    async def used(self, kept: KeptPolicy, now: datetime) -> None:
        """Noted once a day."""
        if now - kept.used_at >= _A_DAY:
            await self._policies.update_one({"_id": kept.domain}, {"$set": {"used_at": now}})

    async def claim_due(self, now: datetime, pause: timedelta) -> list[KeptPolicy]:
        """Those to be fetched again, each for whoever claims it first; due again after the pause."""
        claimed = []
        for found in await self._policies.find({"refresh_at": {"$lte": now}}).to_list(AT_ONCE):
            kept, seen = _kept(found), {"_id": found["_id"], "refresh_at": found["refresh_at"]}
            if now - kept.used_at > USED_WITHIN:
                await self._policies.update_one(seen, {"$unset": {"refresh_at": ""}})
            elif (await self._policies.update_one(seen, {"$set": {"refresh_at": now + pause}})).modified_count:
                claimed.append(kept)
        return claimed


def _kept(document: Mapping[str, Any]) -> KeptPolicy:
    policy = StsPolicy(Mode(document["mode"]), tuple(document["mx"]), timedelta(seconds=document["max_age"]))
    return KeptPolicy(document["_id"], document["record_id"], policy, document["until"], document["used_at"])
