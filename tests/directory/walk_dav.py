"""How the walk exercises WebDAV: each method and report at the victim's principal, address books and cards.

`{me}` in a path stands for the walker's own address: what is asked of one's own about others.
"""

from collections.abc import Callable, Iterable

from tests.directory.cards import card
from tests.directory.walking import Victim

NAMES = 'xmlns:D="DAV:" xmlns:CR="urn:ietf:params:xml:ns:carddav" xmlns:CS="http://calendarserver.org/ns/"'
_ALL = f"<D:propfind {NAMES}><D:allprop/></D:propfind>"
_NAMED = f"""<D:propfind {NAMES}><D:prop><D:displayname/><D:owner/><D:acl/><D:current-user-principal/><D:getetag/>
  <D:sync-token/><D:principal-URL/><D:group-membership/><D:group-member-set/><D:alternate-URI-set/>
  <CR:addressbook-home-set/><CR:addressbook-description/><CS:email-address-set/></D:prop></D:propfind>"""
_OTHER_NAME = (
    f"<D:propertyupdate {NAMES}><D:set><D:prop><D:displayname>Autre</D:displayname></D:prop></D:set></D:propertyupdate>"
)
_CARD_DATA = "<D:prop><D:getetag/><CR:address-data/></D:prop>"
# Path, body, header fields.
Request = tuple[str, str, dict[str, str]]


def places(v: Victim) -> Iterable[str]:
    """Whatever is the victim's, by each of its addresses."""
    for address in (v.address, v.alias, v.function_address):
        yield f"/dav/addressbooks/{address}/"
        yield f"/dav/addressbooks/{address}/{v.book_id}/"
        yield f"/dav/addressbooks/{address}/{v.book_id}/{v.card_name}"
    # By its names among one's own.
    yield f"/dav/addressbooks/{{me}}/{v.book_id}/"
    yield f"/dav/addressbooks/{{me}}/contacts/{v.card_name}"
    yield f"/dav/addressbooks/{{me}}/contacts/..%2f..%2f{v.address}%2f{v.book_id}%2f{v.card_name}"


def _at_each(body: str = "", **headers: str) -> Callable[[Victim], Iterable[Request]]:
    return lambda v: [(path, body, headers) for path in places(v)]


def _listed(v: Victim) -> Iterable[Request]:
    for path in ("/dav/", "/dav/principals/", "/dav/addressbooks/", "/dav/addressbooks/{me}/", *places(v)):
        for body in (_ALL, _NAMED, ""):
            yield from ((path, body, {"depth": depth}) for depth in ("0", "1"))


def _written(v: Victim) -> Iterable[Request]:
    vcard = card("Intrus", "uid-intrus").decode()
    theirs = [path for path in places(v) if path.endswith(".vcf") and "{me}" not in path]
    for path in theirs:
        yield path, vcard, {"content-type": "text/vcard"}
        yield path, vcard, {"content-type": "text/vcard", "if-none-match": "*"}


def _brought(v: Victim) -> Iterable[Request]:
    """Theirs to oneself, and one's own to them."""
    for path in places(v):
        if "{me}" not in path:
            yield path, "", {"destination": "/dav/addressbooks/{me}/contacts/butin.vcf"}
            yield "/dav/addressbooks/{me}/contacts/propre.vcf", "", {"destination": path}


def _removed(v: Victim) -> Iterable[Request]:
    yield from ((path, "", {}) for path in places(v) if "{me}" not in path)


def _described(v: Victim) -> Iterable[Request]:
    yield from ((path, _OTHER_NAME, {}) for path in places(v) if "{me}" not in path)


def _made(v: Victim) -> Iterable[Request]:
    body = (
        f"<D:mkcol {NAMES}><D:set><D:prop><D:resourcetype><D:collection/><CR:addressbook/></D:resourcetype>"
        "</D:prop></D:set></D:mkcol>"
    )
    for address in (v.address, v.alias):
        yield from ((f"/dav/addressbooks/{address}/{name}/", body, {}) for name in (v.book_id, "autre"))


def _multiget(v: Victim) -> str:
    hrefs = "".join(f"<D:href>{path.replace('{me}', 'x')}</D:href>" for path in places(v))
    own = f"<D:href>{v.card_name}</D:href>"
    return f"<CR:addressbook-multiget {NAMES}>{_CARD_DATA}{hrefs}{own}</CR:addressbook-multiget>"


def _query(text: str, name: str = "FN") -> str:
    return (
        f'<CR:addressbook-query {NAMES}>{_CARD_DATA}<CR:filter><CR:prop-filter name="{name}">'
        f"<CR:text-match>{text}</CR:text-match></CR:prop-filter></CR:filter></CR:addressbook-query>"
    )


def _expansion() -> str:
    names = ("owner", "current-user-principal", "principal-URL", "principal-collection-set", "group-member-set")
    inner = '<D:property name="displayname"/><D:property name="alternate-URI-set"/>'
    asked = "".join(f'<D:property name="{name}">{inner}</D:property>' for name in names)
    return f"<D:expand-property {NAMES}>{asked}</D:expand-property>"


def _people_search(text: str) -> str:
    return (
        f"<D:principal-property-search {NAMES} test='anyof'><D:property-search><D:prop><D:displayname/>"
        f"<CS:email-address-set/></D:prop><D:match>{text}</D:match></D:property-search><D:prop><D:displayname/>"
        "<D:alternate-URI-set/></D:prop></D:principal-property-search>"
    )


def _attendees(text: str) -> str:
    return (
        f"<CS:calendarserver-principal-search {NAMES} context='attendee'><CS:search-token>{text}</CS:search-token>"
        "<D:prop><D:displayname/><D:alternate-URI-set/></D:prop></CS:calendarserver-principal-search>"
    )


_SYNC = f"<D:sync-collection {NAMES}><D:sync-token/><D:sync-level>1</D:sync-level>{_CARD_DATA}</D:sync-collection>"
_MATCH = f"<D:principal-match {NAMES}><D:self/><D:prop><D:displayname/></D:prop></D:principal-match>"
_SET = f"<D:principal-search-property-set {NAMES}/>"
# Each report by its name: who asks what where.
REPORTED: dict[str, Callable[[Victim], Iterable[Request]]] = {
    "calendarserver-principal-search": lambda v: [
        ("/dav/principals/", _attendees(text), {}) for text in (v.staff_number, v.session_id, v.group_name)
    ],
    "expand-property": _at_each(_expansion()),
    "principal-match": lambda v: [(path, _MATCH, {}) for path in ("/dav/principals/", *places(v))],
    "principal-property-search": lambda v: [
        ("/dav/principals/", _people_search(text), {}) for text in (v.staff_number, v.session_id, v.group_name)
    ],
    "principal-search-property-set": lambda v: [("/dav/principals/", _SET, {})],
    "sync-collection": _at_each(_SYNC),
    "addressbook-multiget": lambda v: [
        *((path, _multiget(v), {}) for path in places(v)),
        *((f"/dav/addressbooks/{{me}}/{book}/", _multiget(v), {}) for book in ("contacts", "annuaire")),
    ],
    "addressbook-query": lambda v: [
        *((path, _query(v.display_name), {}) for path in places(v)),
        *(("/dav/addressbooks/{me}/contacts/", _query(text), {}) for text in (v.display_name, "témoin")),
        # What the national address book finds nobody by.
        *(
            ("/dav/addressbooks/{me}/annuaire/", _query(text, name), {})
            for text in (v.staff_number, v.session_id, v.contact_uid, v.group_name)
            for name in ("FN", "EMAIL", "NOTE", "UID")
        ),
    ],
}


def _read(v: Victim) -> Iterable[Request]:
    """Each place, and upon the condition of what a place has."""
    own = "/dav/addressbooks/{me}/contacts/propre.vcf"
    for path in places(v):
        yield path, "", {}
        bare = path.replace("{me}", "x")
        yield from ((own, "", {"if": f"<{bare}> ({each})"}) for each in ('["x"]', "Not <urn:x:1>", "<DAV:no-lock>"))


def principals(v: Victim) -> Iterable[tuple[str, Request]]:
    """Everything that can be asked of who the victim is, and tried to be changed: method and request."""
    for address in (v.address, v.alias):
        path = f"/dav/principals/{address}/"
        yield from (("PROPFIND", (path, body, {"depth": "0"})) for body in (_ALL, _NAMED))
        for method in ("GET", "HEAD", "PUT", "DELETE", "MKCOL", "POST", "LOCK"):
            yield method, (path, "", {})
        yield "PROPPATCH", (path, _OTHER_NAME, {})
        yield from (("REPORT", (path, body, {})) for body in (_expansion(), _MATCH, _SYNC))
    yield "PROPFIND", (f"/dav/principals/{v.address}/", _NAMED, {"depth": "1"})
    for text in (v.address, v.alias, v.display_name, "temoin"):
        yield "REPORT", ("/dav/principals/", _people_search(text), {})
        yield "REPORT", ("/dav/principals/", _attendees(text), {})


DAV_WALKS: dict[str, Callable[[Victim], Iterable[Request]]] = {
    "GET": _read,
    "HEAD": _at_each(),
    "PROPFIND": _listed,
    "PUT": _written,
    "COPY": _brought,
    "MOVE": _brought,
    "DELETE": _removed,
    "PROPPATCH": _described,
    "MKCOL": _made,
    "REPORT": lambda v: [each for requests in REPORTED.values() for each in requests(v)],
}
