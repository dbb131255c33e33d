"""Search (RFC 4511 §4.5), by pages where the client asks for them (RFC 2696)."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from services.directory.domain.book.postings import numbers_in
from services.directory.ldap import entries
from services.directory.ldap.codec import responses
from services.directory.ldap.codec.ber import Malformed
from services.directory.ldap.codec.requests import BASE, ONE_LEVEL, PAGED_RESULTS, SORT, Control, Search, paging
from services.directory.ldap.collectives import CollectiveView, Gathered
from services.directory.ldap.evaluation import Shelf, bounds_of, verdict_of
from services.directory.ldap.operations.sorting import MOST_SORTED, order_of
from services.directory.ldap.order import Order, Values
from services.directory.ldap.selection import Selection
from services.directory.ldap.session import Paged, Refused, Session
from services.directory.ldap.shelves import Single
from services.directory.ldap.tree import Place
from services.directory.ldap.views import PersonView, View

# So many entries are looked at before others have their turn; as many are answered without a task.
AT_ONCE = 64
# A group may have thousands of members.
GROUP_WEIGHT = 16
# Photos of one answer, some 10 KB each.
MOST_PHOTOS = 50


@dataclass(frozen=True)
class Candidates:
    """Entries of a shelf that may match; `sure` when they certainly do."""

    shelf: Shelf
    numbers: int
    sure: bool


class Plan:
    """A search that has been looked up in the indexes: what is left is to look at who may match."""

    def __init__(self, session: Session, message_id: int, request: Search) -> None:
        self._session, self.message_id, self.request = session, message_id, request
        self.selection = Selection(request.attributes, types_only=request.types_only)
        self._verdict = verdict_of(request.filter)
        self._looked_at = 0
        limit = min(request.time_limit or 3600, session.options.time_limit)
        self._until = time.monotonic() + limit
        self.directory: entries.Directory | None = None
        self.candidates = [
            Candidates(shelf, among & bounds.may, bounds.exact)
            for shelf, among in self._reached()
            for bounds in (bounds_of(request.filter, shelf),)
        ]

    @property
    def size(self) -> int:
        """How many entries there are to look at, a group of many members for many."""
        return sum(
            each.numbers.bit_count() * (GROUP_WEIGHT if isinstance(each.shelf, Gathered) else 1)
            for each in self.candidates
        )

    def _reached(self) -> Iterator[tuple[Shelf, int]]:
        """What the base and the scope take in; the root and the schema for everybody."""
        public = self._public()
        if public is not None:
            yield Single([public]), 1
            return
        self.directory = entries.seen_by(self._session)
        node = entries.found(self.directory, self.request.base)
        if node.place is Place.SCHEMA:
            if self.request.scope != ONE_LEVEL:
                yield Single([entries.SCHEMA_VIEW]), 1
            return
        yield from entries.taken_in(self.directory, node, self.request.scope)

    def _public(self) -> View | None:
        if self.request.scope != BASE:
            return None
        base = self.request.base.replace(" ", "").lower()
        if not base:
            return entries.root_of(self._session.options, secure=self._session.wire.secure)
        return entries.SCHEMA_VIEW if base == entries.SCHEMA_VIEW.name.lower() else None

    def matches(self) -> Iterator[tuple[Shelf, int, View] | None]:
        """Those that match; None now and then, when others may have their turn. Raises `Refused` beyond a limit."""
        for candidates in self.candidates:
            for number in numbers_in(candidates.numbers):
                view = candidates.shelf.view(number)
                self._looked_at += 1
                if self._looked_at % AT_ONCE == 0:
                    self._check()
                    yield None
                if view is not None and (candidates.sure or self._passes(view)):
                    yield candidates.shelf, number, view

    def _passes(self, view: View) -> bool:
        if self._looked_at > self._session.options.looked_at:
            raise Refused(responses.ADMIN_LIMIT, "No index answers this filter; ask for a name, an address, a unit")
        return self._verdict(view) is True

    def _check(self) -> None:
        if time.monotonic() > self._until:
            raise Refused(responses.TIME_LIMIT)

    def done(self, code: int = responses.SUCCESS, controls: tuple[bytes, ...] = ()) -> bytes:
        return responses.result(self.message_id, responses.SEARCH_DONE, code, controls=controls)


def small(session: Session, message_id: int, request: Search, controls: tuple[Control, ...]) -> Plan | None:
    """A search that is done at once, so that no task is needed; None for another. Raises `Refused`."""
    if any(control.oid in (PAGED_RESULTS, SORT) for control in controls):
        return None
    plan = Plan(session, message_id, request)
    return plan if plan.size <= AT_ONCE and not plan.selection.photos else None


def answer(session: Session, plan: Plan) -> None:
    """Answer a small search."""
    most = _most(session, plan.request)
    for sent, match in enumerate(match for match in plan.matches() if match is not None):
        if sent >= most:
            session.wire.write(plan.done(responses.SIZE_LIMIT))
            return
        session.wire.write(plan.selection.octets(plan.message_id, match[2]))
    session.wire.write(plan.done())


async def search(session: Session, message_id: int, request: Search, controls: tuple[Control, ...]) -> None:
    """Answer any search."""
    order = order_of(controls)
    page = next((control for control in controls if control.oid == PAGED_RESULTS), None)
    if page is not None:
        await _paged(session, message_id, request, page, order)
        return
    plan = Plan(session, message_id, request)
    told = (order.control(),) if order is not None else ()
    if order is not None and order.keys:
        entries_in_order = [match[2] async for match in _sorted(session, plan, order)]
        matching = _each(entries_in_order)
    else:
        matching = (match[2] async for match in _matching(session, plan))
    sender, most = Sender(session, plan.selection, message_id), _most(session, request)
    async for view in matching:
        if sender.sent >= most:
            session.wire.write(plan.done(responses.SIZE_LIMIT, told))
            return
        await sender.send(view)
        if session.wire.abandoned(message_id):
            return
    if not session.wire.abandoned(message_id):
        session.wire.write(plan.done(controls=told))


def _most(session: Session, request: Search) -> int:
    return min(request.size_limit or session.options.size_limit, session.options.size_limit)


class Sender:
    """Sends entries with their photos, where those are wanted: of the first so many that have one."""

    def __init__(self, session: Session, selection: Selection, message_id: int) -> None:
        self._session, self._selection, self._message_id = session, selection, message_id
        self._photos = MOST_PHOTOS if selection.photos else 0
        self.sent = 0

    async def send(self, view: View) -> None:
        photo = b""
        if self._photos and isinstance(view, PersonView) and view.entry.photo:
            self._photos -= 1
            photo = await self._session.photo(view.entry.id)
        self._session.wire.write(self._selection.octets(self._message_id, view, photo))
        self.sent += 1
        if photo or self.sent % AT_ONCE == 0 or isinstance(view, CollectiveView):
            await self._session.wire.flush()


async def _matching(session: Session, plan: Plan) -> AsyncIterator[tuple[Shelf, int, View]]:
    """What matches; others have their turns meanwhile. Ends when the client wants no more."""
    for match in plan.matches():
        if match is not None:
            yield match
            continue
        await session.wire.flush()
        if session.wire.abandoned(plan.message_id):
            return


async def _sorted(session: Session, plan: Plan, order: Order) -> AsyncIterator[tuple[Shelf, int, View]]:
    """The same in an order, which takes all of them at once. Raises `Refused` when they are too many."""
    found: list[tuple[Values, tuple[Shelf, int, View]]] = []
    async for match in _matching(session, plan):
        if len(found) >= MOST_SORTED:
            raise Refused(responses.ADMIN_LIMIT, f"More than {MOST_SORTED} entries are not sorted; ask for fewer")
        found.append((order.values(match[2]), match))
    for each in order.sort(found):
        yield each


async def _each(views: list[View]) -> AsyncIterator[View]:
    for view in views:
        yield view


async def _paged(session: Session, message_id: int, request: Search, control: Control, order: Order | None) -> None:
    """One page. What matches is found with the first and kept by ids: one such search a connection."""
    try:
        size, cookie = paging(control)
    except Malformed as error:
        raise Refused(responses.PROTOCOL_ERROR, "Not a control of paged results") from error
    paged = session.paged
    if cookie:
        if paged is None or paged.cookie != cookie or paged.search != request:
            session.paged = None
            raise Refused(responses.UNWILLING, "Not a cookie of this search; begin anew")
    else:
        matching = [own_id async for own_id in _ids(session, Plan(session, message_id, request), order)]
        left = matching[: request.size_limit] if request.size_limit else matching
        paged = Paged(request, b"", left, order)
    if size == 0:
        # RFC 2696 §3: the client wants no more.
        session.paged = None
        session.wire.write(responses.result(message_id, responses.SEARCH_DONE, 0, controls=[_end()]))
        return
    await _page(session, message_id, paged, min(size, session.options.size_limit))


async def _ids(session: Session, plan: Plan, order: Order | None) -> AsyncIterator[str]:
    found = _sorted(session, plan, order) if order is not None and order.keys else _matching(session, plan)
    async for shelf, number, _ in found:
        yield entries.ids_of(plan.directory, shelf, number) if plan.directory is not None else "/"


async def _page(session: Session, message_id: int, paged: Paged, size: int) -> None:
    request = paged.search
    sender = Sender(session, Selection(request.attributes, types_only=request.types_only), message_id)
    estimate = len(paged.left)
    page, paged.left = paged.left[:size], paged.left[size:]
    directory = entries.seen_by(session) if session.account is not None else None
    for own_id in page:
        if directory is not None:
            view = entries.again(directory, own_id)
        else:
            view = entries.root_of(session.options, secure=session.wire.secure)
        if view is not None:
            await sender.send(view)
        if session.wire.abandoned(message_id):
            return
    session.pages += 1
    paged.cookie = b"%d" % session.pages if paged.left else b""
    session.paged = paged if paged.left else None
    controls = [responses.page_control(paged.cookie, estimate) if paged.left else _end()]
    if paged.order is not None:
        controls.append(paged.order.control())
    session.wire.write(responses.result(message_id, responses.SEARCH_DONE, 0, controls=controls))


def _end() -> bytes:
    return responses.page_control(b"")
