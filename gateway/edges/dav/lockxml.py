"""Locks as XML: what is asked for (RFC 4918 §14.11), what there is (§14.1), what can be (§14.18)."""

from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.locks import DEFAULT_SECONDS, MOST_SECONDS, Lock, Locking
from gateway.edges.dav.names import dav
from gateway.edges.dav.paths import PRINCIPALS, Path
from gateway.edges.dav.writing import as_kept, element, href, kept_property

# What a client says of the owner of a lock is kept for others to see; no more of it than this.
MAX_OWNER = 2048
_NUMBER = 10


def supported_locks() -> list[Element]:
    """Write locks, alone or with others (§15.10)."""
    return [
        element(dav("lockentry"), [
            element(dav("lockscope"), [element(dav(scope))]), element(dav("locktype"), [element(dav("write"))])
        ])
        for scope in ("exclusive", "shared")
    ]  # fmt: skip


def active_lock(collection: Path, lock: Lock) -> Element:
    """DAV:activelock of a lock in the collection of this path."""
    root = collection.below(lock.name) if lock.name else collection
    said = kept_property(lock.owner) if lock.owner else None
    return element(dav("activelock"), [
        element(dav("locktype"), [element(dav("write"))]),
        element(dav("lockscope"), [element(dav("shared" if lock.shared else "exclusive"))]),
        element(dav("depth"), "infinity" if lock.infinite else "0"),
        said if said is not None else element(dav("owner"), [href(Path((PRINCIPALS, lock.address)).href)]),
        element(dav("timeout"), f"Second-{lock.seconds}"),
        element(dav("locktoken"), [href(lock.token)]),
        element(dav("lockroot"), [href(root.href)]),
    ])  # fmt: skip


def read_lockinfo(root: Element, *, infinite: bool, seconds: int) -> Locking:
    """Raises `Malformed`."""
    scope, kind = root.find(dav("lockscope")), root.find(dav("locktype"))
    if root.tag != dav("lockinfo") or scope is None or kind is None or kind.find(dav("write")) is None:
        raise Malformed("The body is to be a DAV:lockinfo for a write lock")
    shared, exclusive = scope.find(dav("shared")) is not None, scope.find(dav("exclusive")) is not None
    if shared == exclusive:
        raise Malformed("DAV:lockscope is exclusive or shared")
    owner = root.find(dav("owner"))
    said = as_kept(owner) if owner is not None else ""
    if len(said) > MAX_OWNER:
        raise Malformed(f"DAV:owner has more than {MAX_OWNER} characters")
    return Locking(shared, infinite, seconds, said)


def timeout_of(given: str | None) -> int:
    """The seconds of the header field Timeout (§10.7): the first that we can promise, within our own limit."""
    for each in (given or "").split(","):
        word = each.strip().lower()
        number = word.removeprefix("second-")
        if word == "infinite":
            return MOST_SECONDS
        if word != number and number.isascii() and number.isdigit():
            return max(1, min(int(number[:_NUMBER]), MOST_SECONDS))
    return DEFAULT_SECONDS
