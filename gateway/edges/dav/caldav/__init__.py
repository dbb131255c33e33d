"""CalDAV (RFC 4791, RFC 6638): calendars, one's own and those that others share."""

from gateway.edges.dav.caldav.kind import Calendars

__all__ = ["Calendars"]
