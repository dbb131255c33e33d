"""Live properties that every kind of resource has: who asks, what they may, what can be asked (RFC 3744, RFC 3253)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from gateway.edges.dav.elements import Element
from gateway.edges.dav.kinds import Collection, Member
from gateway.edges.dav.names import calendarserver, dav
from gateway.edges.dav.paths import PREFIX, PRINCIPALS, Path
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Value, element, href

SYNC = PREFIX + "sync/"
_READ = ("read", "read-acl", "read-current-user-privilege-set")
_WRITE = ("write", "write-properties", "write-content", "bind", "unbind")
# What DAV:allprop answers (RFC 4918 §9.1): those of that document. All others have to be named.
ALL = frozenset(
    map(dav, ("creationdate", "displayname", "getcontentlength", "getcontenttype", "getetag", "getlastmodified",
              "resourcetype"))
)  # fmt: skip


def principal_path(request: DavRequest) -> Path:
    """The person that asks, under the address by which it asks where the path has one of its own."""
    given = request.path.address
    return Path((PRINCIPALS, given if given and request.is_own(given) else request.identity.address))


def principal_value(path: Path) -> list[Element]:
    return [href(path.href)]


def common(request: DavRequest, *, writable: bool, reports: Iterable[str]) -> dict[str, Value]:
    """Of anything."""
    own = principal_path(request)
    privileges = (*_READ, *_WRITE) if writable else _READ
    return {
        dav("current-user-principal"): principal_value(own),
        dav("principal-collection-set"): [href(Path((PRINCIPALS,)).href)],
        dav("owner"): principal_value(own),
        dav("current-user-privilege-set"): [_privilege(name) for name in privileges],
        dav("supported-privilege-set"): _supported_privileges(),
        dav("acl"): [_owners_ace(own, writable)],
        dav("acl-restrictions"): [element(dav("grant-only")), element(dav("no-invert"))],
        dav("supported-report-set"): [
            element(dav("supported-report"), [element(dav("report"), [element(name)])]) for name in reports
        ],
    }


def _privilege(name: str) -> Element:
    return element(dav("privilege"), [element(dav(name))])


def _supported_privileges() -> list[Element]:
    def supported(name: str, within: Sequence[Element] = ()) -> Element:
        return element(dav("supported-privilege"), [_privilege(name), *within])

    read = supported("read", [supported(name) for name in _READ[1:]])
    return [supported("all", [read, supported("write", [supported(name) for name in _WRITE[1:]])])]


def _owners_ace(own: Path, writable: bool) -> Element:
    """Whose it is may do everything that can be done with it, and nobody else anything; neither can be changed."""
    granted = [_privilege("all")] if writable else [_privilege("read")]
    who = element(dav("principal"), [href(own.href)])
    return element(dav("ace"), [who, element(dav("grant"), granted), element(dav("protected"))])


def types(*names: str) -> list[Element]:
    return [element(name) for name in names]


def of_collection(request: DavRequest, collection: Collection) -> dict[str, Value]:
    """Of a collection of some kind."""
    reports = [*collection.reports, dav("expand-property")]
    synced: dict[str, Value] = {}
    if collection.sync_token:
        reports.insert(0, dav("sync-collection"))
        token = SYNC + collection.sync_token
        synced = {dav("sync-token"): token, calendarserver("getctag"): token}
    return {
        **common(request, writable=collection.writable, reports=reports),
        dav("resourcetype"): types(dav("collection"), *collection.resource_types),
        dav("displayname"): collection.title,
        **synced,
        **collection.live,
    }


def of_member(request: DavRequest, collection: Collection, member: Member) -> dict[str, Value]:
    """Of something in a collection."""
    modified = {dav("getlastmodified"): http_date(member.modified)} if member.modified else {}
    return {
        **common(request, writable=collection.writable, reports=[dav("expand-property")]),
        dav("resourcetype"): [],
        dav("getetag"): f'"{member.etag}"',
        dav("getcontentlength"): str(member.octets),
        dav("getcontenttype"): member.content_type,
        **modified,
    }


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
