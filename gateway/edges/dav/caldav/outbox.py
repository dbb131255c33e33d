"""The scheduling outbox (RFC 6638 §2.1): nothing is in it; by POST to it one asks when others are busy."""

from collections.abc import AsyncIterator, Mapping, Sequence

from chassis.errors import Forbidden, NotFound
from gateway.edges.dav.caldav import privileges, rules
from gateway.edges.dav.caldav.stubs import Stubs
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, needs
from gateway.edges.dav.headers import Conditions
from gateway.edges.dav.kinds import Changes, Collection, Described, Member, Report, Written
from gateway.edges.dav.names import caldav, dav
from gateway.edges.dav.paths import NOTHING
from gateway.edges.dav.writing import Live, Value


class Outbox:
    """One's own."""

    name = rules.OUTBOX
    title = rules.OUTBOX
    resource_types = (caldav("schedule-outbox"),)
    sync_token = ""
    largest = rules.LARGEST
    size_condition = rules.SIZE_CONDITION
    settable: frozenset[str] = frozenset()
    content_properties: frozenset[str] = frozenset()
    dead: Mapping[str, str] = {}
    reports: Mapping[str, Report] = {}

    def __init__(self, stubs: Stubs, address: str) -> None:
        self.stubs = stubs
        self.access = privileges.of_outbox(address)

    @property
    def live(self) -> Mapping[str, Live]:
        return {**rules.supported(), caldav("supported-calendar-component-set"): _components}

    def content_property(self, member: Member, asked: Element) -> Value:
        return ""

    async def members(self, names: Sequence[str] = (), *, content: bool = False) -> AsyncIterator[Member]:
        for _ in ():
            yield _

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> Written:
        raise needs(name)

    async def delete(self, name: str, conditions: Conditions) -> None:
        raise needs(name)

    async def transfer(
        self, name: str, to: Collection, to_name: str, *, overwrite: bool, copy: bool, conditions: Conditions
    ) -> bool:
        raise NotFound(NOTHING)

    async def changes(self, token: str, limit: int) -> Changes:
        raise DavError(403, "Nothing is in it", condition=dav("supported-report"))

    async def describe(self, wanted: Described, conditions: Conditions) -> None:
        raise needs(self.name)

    async def remove(self, conditions: Conditions) -> None:
        raise Forbidden("It stays")


def _components() -> list[Element]:
    return rules.component_set(("VFREEBUSY",))
