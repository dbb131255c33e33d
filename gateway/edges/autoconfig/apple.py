"""A configuration profile for iPhone, iPad and Mac: mail, contacts by CardDAV, calendars by CalDAV; no password."""

import plistlib
import uuid
from typing import Any
from urllib.parse import urlsplit

from gateway.servers import NAME, Servers, split

MEDIA_TYPE = "application/x-apple-aspen-config"
# The same address has the same identifiers, so that a profile that is installed again takes the place of the first.
_NAMESPACE = uuid.UUID("8f0a7c3e-4d25-5d0b-9a35-6a1c5c1f7e21")
# As Apple's names of payloads and keys have it, and what a person reads.
_DAV = (("CardDAV", "Contacts"), ("CalDAV", "Agenda"))


def profile(address: str, servers: Servers) -> bytes:
    """The profile for an address."""
    payloads = [_mail(address, servers)]
    if servers.dav:
        payloads += [_dav(address, servers.dav, kind, title) for kind, title in _DAV]
    whole = _payload("Configuration", f"profile.{address}", address, NAME) | {
        "PayloadOrganization": NAME,
        "PayloadDescription": f"Courrier, contacts et agenda de {address}",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": payloads,
    }
    return plistlib.dumps(whole)


def _mail(address: str, servers: Servers) -> dict[str, Any]:
    (imap, imap_port), (smtp, smtp_port) = split(servers.imaps), split(servers.submission)
    return _payload("com.apple.mail.managed", f"mail.{address}", address, "Courrier") | {
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAccountDescription": address,
        "EmailAddress": address,
        "IncomingMailServerAuthentication": "EmailAuthPassword",
        "IncomingMailServerHostName": imap,
        "IncomingMailServerPortNumber": imap_port,
        "IncomingMailServerUseSSL": True,
        "IncomingMailServerUsername": address,
        "OutgoingMailServerAuthentication": "EmailAuthPassword",
        "OutgoingMailServerHostName": smtp,
        "OutgoingMailServerPortNumber": smtp_port,
        "OutgoingMailServerUseSSL": True,
        "OutgoingMailServerUsername": address,
        "OutgoingPasswordSameAsIncomingPassword": True,
    }


def _dav(address: str, url: str, kind: str, title: str) -> dict[str, Any]:
    place = urlsplit(url)
    secure = place.scheme == "https"
    return _payload(f"com.apple.{kind.lower()}.account", f"{kind.lower()}.{address}", address, title) | {
        f"{kind}AccountDescription": f"{title}, {address}",
        f"{kind}HostName": place.hostname or "",
        f"{kind}Port": place.port or (443 if secure else 80),
        f"{kind}UseSSL": secure,
        f"{kind}PrincipalURL": f"{place.path}principals/{address}/",
        f"{kind}Username": address,
    }


def _payload(kind: str, identifier: str, address: str, name: str) -> dict[str, Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"tg.gouv.workspace.{identifier}",
        "PayloadUUID": str(uuid.uuid5(_NAMESPACE, f"{kind} {address}")).upper(),
        "PayloadDisplayName": name,
    }
