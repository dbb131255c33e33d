"""Jobs as documents, their files in sealed pieces, their reports a page a chunk; all forgotten after a month."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from chassis.documents import Database
from services.directory.domain.jobs import ACTIVE, CHECKING, KEPT, OPEN, Job, Outcome, Survey

MOST_LISTED = 100


class JobStore:
    """The collections `jobs`, `job_parts` and `job_reports`."""

    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]
        self._parts = database["job_parts"]
        self._reports = database["job_reports"]

    async def insert(self, job: Job) -> None:
        await self._jobs.insert_one(
            {
                "_id": job.id,
                "kind": job.kind,
                "state": job.state,
                "active": 1,
                "by": job.started_by,
                "starter": job.starter,
                "created_at": job.created_at,
                "expires_at": job.created_at + KEPT,
                "rows": job.rows,
                "filename": job.filename,
                "done": 0,
                "outcomes": {},
                "units": [],
                "stumbles": 0,
            }
        )

    async def find(self, job_id: str) -> Job | None:
        found = await self._jobs.find_one({"_id": job_id})
        return _job(found) if found else None

    async def of(self, account_id: str) -> list[Job]:
        """The newest jobs of an account."""
        cursor = self._jobs.find({"by": account_id}).sort("_id", -1).limit(MOST_LISTED)
        return [_job(document) async for document in cursor]

    async def active(self, count: int) -> list[Job]:
        """Jobs that have something to do."""
        return [_job(each) async for each in self._jobs.find({"active": 1}).limit(count)]

    async def turn(self, job_id: str, states: frozenset[str], to: str, now: datetime, error: str = "") -> bool:
        """Bring a job from one of some states to another; False when it is in none of them."""
        update: dict[str, Any] = {"$set": {"state": to, "stumbles": 0}}
        if to in ACTIVE:
            update["$set"] |= {"active": 1, "done": 0, "outcomes": {}, "units": []}
        else:
            update["$unset"] = {"active": ""}
        if to not in OPEN:
            update["$set"] |= {"ended_at": now, **({"error": error} if error else {})}
        answer = await self._jobs.update_one({"_id": job_id, "state": {"$in": sorted(states)}}, update)
        return bool(answer.matched_count)

    async def progress(self, job: Job, outcomes: Sequence[Outcome], units: Sequence[str]) -> bool:
        """Note a chunk that was done; False when another worker was faster. Its report is written first, so that no
        row is passed over, and again by whoever does the chunk again."""
        page = {
            "job": job.id, "state": job.state, "number": job.done, "rows": [list(astuple(each)) for each in outcomes],
            "expires_at": job.created_at + KEPT,
        }  # fmt: skip
        key = f"{job.id}.{job.state}.{job.done:09d}"
        await self._reports.update_one({"_id": key}, {"$set": page}, upsert=True)
        counted: dict[str, int] = {}
        for each in outcomes:
            counted[f"outcomes.{each.outcome}"] = counted.get(f"outcomes.{each.outcome}", 0) + 1
        update = {
            "$inc": {"done": len(outcomes), **counted},
            "$set": {"stumbles": 0},
            "$addToSet": {"units": {"$each": list(units)}},
        }
        answer = await self._jobs.update_one({"_id": job.id, "done": job.done}, update)
        return bool(answer.matched_count)

    async def stumbled(self, job_id: str) -> None:
        """Count a chunk that failed."""
        await self._jobs.update_one({"_id": job_id}, {"$inc": {"stumbles": 1}})

    async def keep(self, job_id: str, number: int, sealed: str, expires_at: datetime) -> None:
        """A piece of a job's file."""
        document = {"_id": f"{job_id}.{number:06d}", "job": job_id, "sealed": sealed, "expires_at": expires_at}
        await self._parts.insert_one(document)

    async def pieces(self, job_id: str) -> AsyncIterator[tuple[int, str]]:
        """The pieces of a job's file in order, with their numbers."""
        number = 0
        while found := await self._parts.find_one({"_id": f"{job_id}.{number:06d}"}):
            yield number, found["sealed"]
            number += 1

    async def keep_survey(self, job_id: str, survey: Survey, expires_at: datetime) -> None:
        repeats = [[line, first] for line, first in survey.repeats.items()]
        # As text: thousands of small arrays are slow to read as documents.
        text = json.dumps({"repeats": repeats, "inner": [list(path) for path in sorted(survey.inner)]})
        document = {"_id": f"{job_id}.survey", "job": job_id, "survey": text, "expires_at": expires_at}
        await self._parts.insert_one(document)

    async def survey(self, job: Job) -> Survey:
        found = await self._parts.find_one({"_id": f"{job.id}.survey"})
        said = json.loads(found["survey"]) if found else {"repeats": [], "inner": []}
        return Survey(job.rows, dict(said["repeats"]), frozenset(tuple(path) for path in said["inner"]))

    async def forget_file(self, job_id: str) -> None:
        """Nothing of a file is kept when nothing more is to be done with it."""
        await self._parts.delete_many({"job": job_id})

    async def report(self, job: Job) -> AsyncIterator[list[Outcome]]:
        """The report of a job's last pass, a chunk at a time."""
        state = CHECKING if await self._checked_only(job) else "running"
        number = 0
        while found := await self._reports.find_one({"_id": f"{job.id}.{state}.{number:09d}"}):
            yield [Outcome(*row) for row in found["rows"]]
            number += len(found["rows"])

    async def _checked_only(self, job: Job) -> bool:
        return await self._reports.find_one({"_id": f"{job.id}.running.{0:09d}"}, {"_id": 1}) is None


def _job(document: Mapping[str, Any]) -> Job:
    return Job(
        id=document["_id"],
        kind=document["kind"],
        state=document["state"],
        started_by=document["by"],
        starter=document["starter"],
        created_at=document["created_at"],
        rows=document["rows"],
        filename=document["filename"],
        done=document["done"],
        outcomes=dict(document["outcomes"]),
        units=tuple(document["units"]),
        stumbles=document["stumbles"],
        error=document.get("error", ""),
        ended_at=document.get("ended_at"),
    )
