"""Names of WebDAV and its families, as lxml has them: `{namespace}local`."""

DAV_NS = "DAV:"
CARDDAV_NS = "urn:ietf:params:xml:ns:carddav"
CALDAV_NS = "urn:ietf:params:xml:ns:caldav"
APPLE_NS = "http://apple.com/ns/ical/"
CALENDARSERVER_NS = "http://calendarserver.org/ns/"
# What answers declare. A kind with a namespace of its own adds it here.
PREFIXES = {"D": DAV_NS, "CR": CARDDAV_NS, "C": CALDAV_NS, "CS": CALENDARSERVER_NS, "A": APPLE_NS}


def dav(local: str) -> str:
    return f"{{{DAV_NS}}}{local}"


def carddav(local: str) -> str:
    return f"{{{CARDDAV_NS}}}{local}"


def caldav(local: str) -> str:
    return f"{{{CALDAV_NS}}}{local}"


def calendarserver(local: str) -> str:
    return f"{{{CALENDARSERVER_NS}}}{local}"


def apple(local: str) -> str:
    return f"{{{APPLE_NS}}}{local}"
