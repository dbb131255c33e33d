"""CR:addressbook-query and CR:addressbook-multiget (RFC 6352 §8.6, §8.7)."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Protocol, runtime_checkable

from starlette.responses import Response
from workspace.directory.v1 import contacts_pb2 as pb

from gateway.edges.dav.answers import multistatus_response
from gateway.edges.dav.carddav.rules import check_asked
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.kinds import Collection, Member
from gateway.edges.dav.names import carddav, dav
from gateway.edges.dav.reading import number_in
from gateway.edges.dav.reports.members import Answering, Asked
from gateway.edges.dav.reports.multiget import multiget
from gateway.edges.dav.request import DavRequest

COLLATIONS = frozenset({"i;unicode-casemap", "i;ascii-casemap", "i;octet", "default"})
MATCHES = frozenset({"contains", "equals", "starts-with", "ends-with"})


@runtime_checkable
class Searchable(Protocol):
    """An address book that can be asked by a filter."""

    def matching(self, wanted: pb.CardFilter, limit: int, *, content: bool) -> AsyncIterator[Member]:
        """At most `limit` where it is not 0."""

    @property
    def most(self) -> int:
        """How many it finds at once; 0 for all."""


def filter_of(root: Element) -> pb.CardFilter:
    """Raises `Malformed`, and `DavError` for a collation that there is not."""
    given = root.find(carddav("filter"))
    if given is None:
        raise Malformed("CR:filter is needed")
    properties = [_property(each) for each in given.iterfind(carddav("prop-filter"))]
    return pb.CardFilter(properties=properties, all_of=_all_of(given))


def _all_of(given: Element) -> bool:
    test = given.get("test", "anyof")
    if test not in {"anyof", "allof"}:
        raise Malformed("test is anyof or allof")
    return test == "allof"


def _property(given: Element) -> pb.PropertyFilter:
    name = given.get("name", "")
    if not name or len(name) > 200:
        raise Malformed("CR:prop-filter names a property")
    return pb.PropertyFilter(
        name=name,
        absent=given.find(carddav("is-not-defined")) is not None,
        all_of=_all_of(given),
        texts=[_text(each) for each in given.iterfind(carddav("text-match"))],
        parameters=[_parameter(each) for each in given.iterfind(carddav("param-filter"))],
    )


def _parameter(given: Element) -> pb.ParameterFilter:
    name, text = given.get("name", ""), given.find(carddav("text-match"))
    if not name or len(name) > 200:
        raise Malformed("CR:param-filter names a parameter")
    absent = given.find(carddav("is-not-defined")) is not None
    return pb.ParameterFilter(name=name, absent=absent, text=_text(text) if text is not None else None)


def _text(given: Element) -> pb.TextMatch:
    collation, match = given.get("collation", "default"), given.get("match-type", "contains")
    negated = given.get("negate-condition", "no")
    if collation not in COLLATIONS:
        raise DavError(403, "Not a collation of ours", condition=carddav("supported-collation"))
    if match not in MATCHES or negated not in {"yes", "no"}:
        raise Malformed("match-type or negate-condition is none")
    return pb.TextMatch(
        text="".join(str(piece) for piece in given.itertext()),
        match_type=match,
        collation="" if collation == "default" else collation,
        negated=negated == "yes",
    )


async def addressbook_query(request: DavRequest, collection: Collection, root: Element) -> Response:
    if not isinstance(collection, Searchable):
        raise DavError(403, "There is no such report here", condition=dav("supported-report"))
    wanted, limit = filter_of(root), number_in(root.find(carddav("limit")), carddav("nresults"))
    asked = _asked(request, root)
    most = min(limit or collection.most, collection.most) if collection.most else limit
    # One more than is wanted says whether there is more.
    found = collection.matching(wanted, most + 1 if most else 0, content=asked.needs_content(collection))
    responses = Answering(request, collection, asked).at_most(most, found)
    return await multistatus_response(responses, minimal=asked.minimal)


async def addressbook_multiget(request: DavRequest, collection: Collection, root: Element) -> Response:
    asked = _asked(request, root)
    read = partial(collection.members, content=asked.needs_content(collection))
    return await multiget(request, collection, root, asked, read)


def _asked(request: DavRequest, root: Element) -> Asked:
    asked = Asked.of(root.find(dav("prop")), minimal=wants_minimal(request.headers))
    data = asked.elements.get(carddav("address-data"))
    if data is not None:
        check_asked(data)
    return asked
