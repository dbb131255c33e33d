"""Thunderbird's autoconfiguration (https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat, 1.1)."""

from lxml import etree

from gateway.edges.dav.elements import Element
from gateway.servers import NAME, SHORT_NAME, Servers, split

# Thunderbird puts the address in its place.
_ADDRESS = "%EMAILADDRESS%"


def configuration(domain: str, servers: Servers, help_url: str) -> bytes:
    """The document for a mail domain."""
    root = etree.Element("clientConfig", version="1.1")
    provider = _below(root, "emailProvider", id=domain)
    for name, text in (("domain", domain), ("displayName", NAME), ("displayShortName", SHORT_NAME)):
        _below(provider, name, text)
    _server(provider, "incomingServer", "imap", servers.imaps, "SSL")
    _server(provider, "outgoingServer", "smtp", servers.submission, "STARTTLS")
    documentation = _below(provider, "documentation", url=help_url)
    _below(documentation, "descr", "Mots de passe des applications").set(_LANG, "fr")
    _below(documentation, "descr", "App passwords").set(_LANG, "en")
    if servers.dav:
        for element, kind in (("addressBook", "carddav"), ("calendar", "caldav")):
            served = _below(root, element, type=kind)
            _below(served, "username", _ADDRESS)
            _below(served, "authentication", "http-basic")
            _below(served, "serverURL", servers.dav)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _server(provider: Element, element: str, kind: str, place: str, socket: str) -> None:
    host, port = split(place)
    server = _below(provider, element, type=kind)
    for name, text in (
        ("hostname", host),
        ("port", str(port)),
        ("socketType", socket),
        ("authentication", "password-cleartext"),
        ("username", _ADDRESS),
    ):
        _below(server, name, text)


def _below(parent: Element, name: str, text: str = "", **attributes: str) -> "etree._Element":
    made = etree.SubElement(parent, name, **attributes)
    made.text = text or None
    return made
