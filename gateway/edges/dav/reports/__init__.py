"""Reports that any kind of resource answers."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response

from gateway.edges.dav.elements import Element
from gateway.edges.dav.names import calendarserver, dav
from gateway.edges.dav.reports.expand_property import expand_property
from gateway.edges.dav.reports.principals import (
    calendarserver_principal_search,
    principal_match,
    principal_property_search,
    search_property_set,
)
from gateway.edges.dav.reports.sync_collection import sync_collection
from gateway.edges.dav.request import DavRequest

REPORTS: Mapping[str, Callable[[DavRequest, Element], Awaitable[Response]]] = {
    calendarserver("calendarserver-principal-search"): calendarserver_principal_search,
    dav("expand-property"): expand_property,
    dav("principal-match"): principal_match,
    dav("principal-property-search"): principal_property_search,
    dav("principal-search-property-set"): search_property_set,
}

__all__ = ["REPORTS", "sync_collection"]
