"""What goes wrong, as WebDAV says it: a status and, where a rule was broken, the rule's element (RFC 4918 §16)."""

from chassis.errors import WorkspaceError
from gateway.edges.dav.names import dav


class DavError(WorkspaceError):
    """An answer of its own status. `condition` names the element within DAV:error, `hrefs` what stands in its way."""

    reason = "dav"
    title = "Not possible by WebDAV"

    def __init__(self, status: int, detail: str = "", *, condition: str = "", hrefs: tuple[str, ...] = ()) -> None:
        super().__init__(detail or condition.rpartition("}")[2])
        self.status = status
        self.condition = condition
        self.hrefs = hrefs


class Malformed(DavError):
    """A request that cannot be read."""

    reason = "invalid_input"

    def __init__(self, detail: str) -> None:
        super().__init__(400, detail)


def not_allowed(detail: str = "") -> DavError:
    return DavError(405, detail or "Not for this resource")


def no_collection() -> DavError:
    """For what is to be made where nothing can hold it, alike whether that is not there or not for the one who asks."""
    return DavError(409, "There is no such collection", condition=dav("collection-must-exist"))


class PropertyRefused(DavError):
    """A property that cannot be what a client wants it to be (RFC 4918 §9.2.1, RFC 5689 §3)."""

    def __init__(self, name: str, detail: str, *, status: int = 403, condition: str = "") -> None:
        super().__init__(status, detail, condition=condition)
        self.name = name


class Needs(DavError):
    """A privilege that the one who asks has not (RFC 3744 §7.1.1)."""

    def __init__(self, path: str, privilege: str) -> None:
        super().__init__(403, "It is there to be read", condition=dav("need-privileges"), hrefs=(path,))
        self.privilege = privilege


def needs(path: str, privilege: str = dav("write")) -> DavError:
    return Needs(path, privilege)
