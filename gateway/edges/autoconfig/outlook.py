"""Outlook's Autodiscover in plain XML, for IMAP and SMTP ([MS-OXDSCLI], the schema "2006a")."""

from datetime import UTC, datetime

from lxml import etree

from gateway.edges.autoconfig.addresses import mail_address
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.reading import parse
from gateway.servers import Servers, split

_ENVELOPE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
_ANSWER = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_REQUEST = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006}"
INVALID, NOT_AVAILABLE = "600", "601"
MAX_OCTETS = 16 * 1024


class Refused(Exception):
    """The request cannot be answered; `code` is Autodiscover's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def asked(body: bytes) -> str:
    """The address that a request is about. Raises `Refused`."""
    try:
        root = parse(body)
    except Malformed as error:
        raise Refused(INVALID, "Invalid Request") from error
    address = mail_address(_text(root, "EMailAddress"))
    if not address:
        raise Refused(INVALID, "Invalid Request")
    if _text(root, "AcceptableResponseSchema") != _ANSWER:
        # ActiveSync is asked for by another schema; it is not served.
        raise Refused(NOT_AVAILABLE, "Provider is not available")
    return address


def settings(address: str, servers: Servers) -> bytes:
    """Where to find IMAP and submission."""
    envelope = etree.Element(f"{{{_ENVELOPE}}}Autodiscover", nsmap={None: _ENVELOPE})
    response = _below(envelope, "Response")
    _below(_below(response, "User"), "DisplayName", address)
    account = _below(response, "Account")
    _below(account, "AccountType", "email")
    _below(account, "Action", "settings")
    _protocol(account, "IMAP", servers.imaps, address, {"SSL": "on"})
    sending = {"Encryption": "TLS", "AuthRequired": "on", "UsePOPAuth": "off", "SMTPLast": "off"}
    _protocol(account, "SMTP", servers.submission, address, sending)
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"))


def refusal(refused: Refused, now: datetime) -> bytes:
    """What Autodiscover answers instead, with status 200."""
    envelope = etree.Element(f"{{{_ENVELOPE}}}Autodiscover", nsmap={None: _ENVELOPE})
    response = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Response")
    time = now.astimezone(UTC).strftime("%H:%M:%S.%f")
    error = etree.SubElement(response, f"{{{_ENVELOPE}}}Error", Time=time, Id="0")
    for name, text in (("ErrorCode", refused.code), ("Message", refused.message), ("DebugData", "")):
        etree.SubElement(error, f"{{{_ENVELOPE}}}{name}").text = text
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"))


def _protocol(account: Element, kind: str, place: str, address: str, more: dict[str, str]) -> None:
    host, port = split(place)
    protocol = _below(account, "Protocol")
    known = {
        "Type": kind,
        "Server": host,
        "Port": str(port),
        "LoginName": address,
        "DomainRequired": "off",
        "SPA": "off",
    }
    for name, text in (known | more).items():
        _below(protocol, name, text)


def _below(parent: Element, name: str, text: str = "") -> "etree._Element":
    made = etree.SubElement(parent, f"{{{_ANSWER}}}{name}", nsmap={None: _ANSWER} if name == "Response" else None)
    made.text = text or None
    return made


def _text(root: Element, name: str) -> str:
    found = root.find(f".//{_REQUEST}{name}")
    return (found.text or "").strip() if found is not None else ""
