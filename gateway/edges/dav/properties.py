"""Live properties that every kind of resource has: who asks, what they may, what can be asked (RFC 3744, RFC 3253)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial

from gateway.edges.dav.access import READING, Access, Privileges
from gateway.edges.dav.elements import Element
from gateway.edges.dav.kinds import Collection, Lockable, Member
from gateway.edges.dav.locks import Lock, covering
from gateway.edges.dav.lockxml import active_lock, supported_locks
from gateway.edges.dav.names import calendarserver, dav
from gateway.edges.dav.paths import PRINCIPALS, Path
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Live, element, href

# Tokens are URIs (RFC 6578 §4), as If names states (RFC 4918 §10.4.2): one with a scheme.
SYNC = "data:,"
# What DAV:allprop answers (RFC 4918 §9.1): those of that document. All others have to be named.
ALL = frozenset(
    map(dav, ("creationdate", "displayname", "getcontentlength", "getcontenttype", "getetag", "getlastmodified",
              "resourcetype"))
)  # fmt: skip


def principal_path(request: DavRequest) -> Path:
    """The person that asks, under the address by which it asks where the path has one of its own."""
    given = request.path.address
    return Path((PRINCIPALS, given if given and request.is_own(given) else request.identity.address))


def common(request: DavRequest, access: Access, *, reports: Sequence[str]) -> dict[str, Live]:
    """Of anything; made when it is asked for."""
    own = principal_path(request)
    owner = person_path(request, access.owner)
    return {
        dav("current-user-principal"): lambda: [href(own.href)],
        dav("principal-collection-set"): lambda: [href(Path((PRINCIPALS,)).href)],
        dav("owner"): lambda: [href(owner.href)] if access.owner else [],
        dav("group"): "",
        dav("current-user-privilege-set"): lambda: [_privilege(name) for name in access.privileges],
        dav("supported-privilege-set"): lambda: [_supported(name, held) for name, held in access.supported.items()],
        dav("acl"): lambda: _acl(request, access),
        dav("acl-restrictions"): lambda: [element(dav("grant-only")), element(dav("no-invert"))],
        dav("inherited-acl-set"): "",
        dav("supported-report-set"): lambda: [
            element(dav("supported-report"), [element(dav("report"), [element(name)])]) for name in reports
        ],
    }


def person_path(request: DavRequest, address: str) -> Path:
    """The principal of an address: one's own as the path has it."""
    return principal_path(request) if request.is_own(address) else Path((PRINCIPALS, address))


def _privilege(name: str) -> Element:
    return element(dav("privilege"), [element(name)])


def _supported(name: str, held: Privileges) -> Element:
    within = [_supported(each, below) for each, below in held.items()]
    # RFC 3744 §5.3: what it is for stands in the documents that define it.
    said = element(dav("description"), name.rpartition("}")[2])
    return element(dav("supported-privilege"), [_privilege(name), said, *within])


def _acl(request: DavRequest, access: Access) -> list[Element]:
    """Whose it is may do all that can be done with it; what others were granted stands beside, and is changed where
    it was granted. Nobody else may do anything."""
    if not access.owner:
        return [_ace(element(dav("authenticated")), READING[:1])]
    owner = href(person_path(request, access.owner).href)
    everything = access.privileges if request.is_own(access.owner) and not access.writable else (dav("all"),)
    granted = [(href(person_path(request, each.address).href), each.privileges) for each in access.grants]
    return [_ace(who, privileges) for who, privileges in [(owner, everything), *granted]]


def _ace(who: Element, privileges: Sequence[str]) -> Element:
    given = element(dav("grant"), [_privilege(name) for name in privileges])
    return element(dav("ace"), [element(dav("principal"), [who]), given, element(dav("protected"))])


def types(*names: str) -> list[Element]:
    return [element(name) for name in names]


def of_collection(request: DavRequest, path: Path, collection: Collection) -> dict[str, Live]:
    """Of a collection of some kind."""
    reports = [*collection.reports, dav("expand-property")]
    synced: dict[str, Live] = {}
    if collection.sync_token:
        reports.insert(0, dav("sync-collection"))
        token = SYNC + collection.sync_token
        synced = {dav("sync-token"): token, calendarserver("getctag"): token}
    return {
        **common(request, collection.access, reports=reports),
        dav("resourcetype"): lambda: types(dav("collection"), *collection.resource_types),
        dav("displayname"): collection.title,
        **(_locked(path, collection.locks, "") if isinstance(collection, Lockable) else {}),
        **synced,
        **collection.live,
    }


def _locked(path: Path, locks: Sequence[Lock], name: str) -> dict[str, Live]:
    """What can be locked says how, and by whom it is (RFC 4918 §15.8, §15.10)."""
    return {
        dav("supportedlock"): supported_locks,
        dav("lockdiscovery"): lambda: [active_lock(path, lock) for lock in covering(locks, name)],
    }


def of_members(request: DavRequest, path: Path, collection: Collection) -> Callable[[Member], dict[str, Live]]:
    """Of what is in a collection, which has this path."""
    shared = common(request, collection.access, reports=[dav("expand-property")])
    # Asked once: there may be very many.
    locks = collection.locks if isinstance(collection, Lockable) else None

    def of_member(member: Member) -> dict[str, Live]:
        live: dict[str, Live] = {
            **shared,
            dav("resourcetype"): "",
            dav("getetag"): f'"{member.etag}"',
            dav("getcontentlength"): str(member.octets),
            dav("getcontenttype"): member.content_type,
            **member.live,
        }
        if member.modified is not None:
            live[dav("getlastmodified")] = partial(http_date, member.modified)
        return live if locks is None else {**live, **_locked(path, locks, member.name)}

    return of_member


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
