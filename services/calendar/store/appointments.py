"""Appointment pages as documents. The bookings of a page lie within it, and who books on any page of an owner takes the
next turn there, so that one conditional write gives a time to one visitor."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from chassis.documents import Database, Index, transaction
from chassis.events import Fact, document_with_facts, outbox_index, with_facts
from services.calendar.domain.appointments import AppointmentPage, Booking, is_held
from services.calendar.domain.finding.booking import Kind, Page, Question
from services.calendar.domain.finding.spans import Span
from services.calendar.domain.finding.working_hours import WorkingHours

_SPANS = ("notice", "horizon", "cancel_until")


class AppointmentStore:
    """The collections `appointment_pages`, and `appointment_turns`: how often an owner's time was given away."""

    indexes = (
        Index("appointment_pages", (("owner", 1),)),
        Index("appointment_pages", (("bookings.address", 1),)),
        outbox_index("appointment_pages"),
    )

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages = database["appointment_pages"]
        self._turns = database["appointment_turns"]

    async def insert(self, page: AppointmentPage) -> None:
        await self._pages.insert_one(document_with_facts({"_id": page.id, **_said(page)}))

    async def of(self, owner: str) -> list[AppointmentPage]:
        found = [_page(each) async for each in self._pages.find({"owner": owner})]
        return sorted(found, key=lambda each: each.id)

    async def find(self, page_id: str) -> AppointmentPage | None:
        found = await self._pages.find_one({"_id": page_id})
        return _page(found) if found is not None else None

    async def booked_by(self, address: str) -> list[tuple[str, Booking]]:
        """On all pages, each with the calendar where it comes to be."""
        pages = [_page(each) async for each in self._pages.find({"bookings.address": address})]
        return [(page.calendar, each) for page in pages for each in page.bookings if each.address == address]

    async def replace(self, before: AppointmentPage, after: AppointmentPage, *facts: Fact) -> bool:
        """False where somebody else was faster."""
        return await self._replaced(before, after, facts)

    async def _replaced(
        self, before: AppointmentPage, after: AppointmentPage, facts: Sequence[Fact], session: Any = None
    ) -> bool:
        unchanged = {"_id": before.id, "version": before.version}
        update = with_facts({"$set": _said(after) | {"version": before.version + 1}}, *facts)
        answer = await self._pages.update_one(unchanged, update, session=session)
        return bool(answer.matched_count)

    async def turn(self, owner: str) -> int:
        """To be asked before it is looked at what is held."""
        found = await self._turns.find_one({"_id": owner})
        return int(found["turn"]) if found is not None else 0

    async def held_of(self, owner: str, now: datetime, *, but: str) -> list[Span]:
        """What is held on the pages of an owner, but for one of them."""
        fields = {f"bookings.{name}": 1 for name in ("start", "end", "held_until")}
        pages = [each async for each in self._pages.find({"owner": owner}, fields)]
        return [
            (each["start"], each["end"])
            for page in pages
            if page["_id"] != but
            for each in page.get("bookings", ())
            if is_held(each["held_until"], now)
        ]

    async def hold(self, before: AppointmentPage, after: AppointmentPage, turn: int, *facts: Fact) -> bool:
        """`replace`, in an owner's turn; False also where another booked meanwhile, on whatever page of the owner."""

        async def act(session: Any) -> bool:
            if not await self._taken(before.owner, turn, session):
                return False
            return await self._replaced(before, after, facts, session)

        try:
            return await transaction(self._database, act)
        except DuplicateKeyError:
            return False

    async def _taken(self, owner: str, turn: int, session: Any) -> bool:
        if not turn:
            await self._turns.insert_one({"_id": owner, "turn": 1}, session=session)
            return True
        following = {"$set": {"turn": turn + 1}}
        answer = await self._turns.update_one({"_id": owner, "turn": turn}, following, session=session)
        return bool(answer.matched_count)

    async def remove(self, page_id: str) -> None:
        await self._pages.delete_one({"_id": page_id})

    async def forget(self, owner: str) -> None:
        await self._pages.delete_many({"owner": owner})
        await self._turns.delete_one({"_id": owner})


def _said(page: AppointmentPage) -> dict[str, Any]:
    said = asdict(page)
    del said["id"]
    rules = said["rules"]
    for name in _SPANS:
        rules[name] = rules[name].total_seconds()
    for question in rules["questions"]:
        question["kind"] = question["kind"].value
    # Tuples within tuples of days.
    rules["hours"]["days"] = [[list(span) for span in day] for day in rules["hours"]["days"]]
    said["bookings"] = list(said["bookings"])
    return said


def _page(document: Mapping[str, Any]) -> AppointmentPage:
    rules = dict(document["rules"])
    hours = rules["hours"]
    rules["hours"] = WorkingHours(hours["zone"], tuple(tuple((a, b) for a, b in day) for day in hours["days"]))
    rules["lengths"] = tuple(rules["lengths"])
    rules["questions"] = tuple(
        Question(**{**each, "kind": Kind(each["kind"]), "choices": tuple(each["choices"])})
        for each in rules["questions"]
    )
    for name in _SPANS:
        rules[name] = timedelta(seconds=rules[name])
    names = ("owner", "calendar", "title", "description", "place", "open", "version")
    return AppointmentPage(
        id=document["_id"],
        rules=Page(**rules),
        bookings=tuple(Booking(**each) for each in document["bookings"]),
        **{name: document[name] for name in names},
    )
