"""Mail programs set themselves up: what Thunderbird, Outlook and Apple's systems ask for."""

import plistlib
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edges.autoconfig import apple, outlook, thunderbird
from gateway.edges.autoconfig.addresses import domain_of, mail_address
from gateway.servers import Servers
from tests.gateway.conftest import Gateway

ADDRESS = "agent1@numerique.gouv.tg"
SERVERS = Servers("imap.gouv.tg:993", "smtp.gouv.tg:587", "", "https://espace.gouv.tg/dav/")
served = pytest.mark.gateway_settings(
    imaps_public="imap.gouv.tg:993", submission_public="smtp.gouv.tg:587", public_url="https://espace.gouv.tg"
)
_RESPONSE = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
_ENVELOPE = "{http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006}"


def asking(address: str = ADDRESS, schema: str = _RESPONSE[1:-1]) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>'
        f"<EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>{schema}</AcceptableResponseSchema>"
        "</Request></Autodiscover>"
    )


@served
async def test_thunderbird_finds_imap_submission_contacts_and_calendars(gateway: Gateway) -> None:
    for path in ("/.well-known/autoconfig/mail/config-v1.1.xml", "/mail/config-v1.1.xml"):
        answer = await gateway.client.get(f"{path}?emailaddress={quote(ADDRESS)}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/xml")
        root = ElementTree.fromstring(answer.content)
        provider = root.find("emailProvider")
        assert provider is not None
        assert [each.text for each in provider.findall("domain")] == ["numerique.gouv.tg"]
        incoming, outgoing = provider.find("incomingServer"), provider.find("outgoingServer")
        assert incoming is not None
        assert outgoing is not None
        assert {each.tag: each.text for each in incoming} == {
            "hostname": "imap.gouv.tg", "port": "993", "socketType": "SSL", "authentication": "password-cleartext",
            "username": "%EMAILADDRESS%",
        }  # fmt: skip
        assert (outgoing.findtext("hostname"), outgoing.findtext("port")) == ("smtp.gouv.tg", "587")
        assert outgoing.findtext("socketType") == "STARTTLS"
        for path, kind in (("addressBook", "carddav"), ("calendar", "caldav")):
            (served_there,) = root.findall(path)
            assert served_there.get("type") == kind
            assert {each.tag: each.text for each in served_there} == {
                "username": "%EMAILADDRESS%", "authentication": "http-basic",
                "serverURL": "https://espace.gouv.tg/dav/",
            }  # fmt: skip


@served
async def test_without_an_address_the_name_of_the_server_tells_the_domain(gateway: Gateway) -> None:
    own = {"host": "autoconfig.finances.gouv.tg"}
    answer = await gateway.client.get("/mail/config-v1.1.xml", headers=own)
    assert ElementTree.fromstring(answer.content).findtext("emailProvider/domain") == "finances.gouv.tg"


@served
async def test_outlook_finds_imap_and_smtp(gateway: Gateway) -> None:
    for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"):
        answer = await gateway.client.post(path, content=asking(), headers={"content-type": "text/xml"})
        account = ElementTree.fromstring(answer.content).find(f"{_RESPONSE}Response/{_RESPONSE}Account")
        assert account is not None
        imap, smtp = (
            {each.tag.removeprefix(_RESPONSE): each.text for each in protocol}
            for protocol in account.findall(f"{_RESPONSE}Protocol")
        )
        assert (imap["Type"], imap["Server"], imap["Port"], imap["SSL"]) == ("IMAP", "imap.gouv.tg", "993", "on")
        assert (smtp["Type"], smtp["Server"], smtp["Port"], smtp["Encryption"]) == (
            "SMTP",
            "smtp.gouv.tg",
            "587",
            "TLS",
        )
        assert imap["LoginName"] == smtp["LoginName"] == ADDRESS


@served
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "600"),
        ("not XML", "600"),
        (asking("nobody"), "600"),
        (asking("a@b\u00e9.tg"), "600"),
        (asking(schema="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"), "601"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + asking("&a;@gouv.tg").partition("?>")[2], "600"),
        (asking("x" * 20_000 + "@gouv.tg"), "600"),
    ],
)
async def test_what_outlook_cannot_be_told(gateway: Gateway, body: str, code: str) -> None:
    answer = await gateway.client.post("/autodiscover/autodiscover.xml", content=body.encode())
    assert answer.status_code == 200
    error = ElementTree.fromstring(answer.content).find(f"{_ENVELOPE}Response/{_ENVELOPE}Error")
    assert error is not None
    assert error.findtext(f"{_ENVELOPE}ErrorCode") == code


@served
async def test_an_iphone_takes_a_profile_without_a_password(gateway: Gateway) -> None:
    answer = await gateway.client.get(f"/mail/apple.mobileconfig?emailaddress={quote(ADDRESS)}")
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    assert "attachment" in answer.headers["content-disposition"]
    profile = plistlib.loads(answer.content)
    mail, contacts, agenda = profile["PayloadContent"]
    assert (mail["EmailAddress"], mail["IncomingMailServerHostName"]) == (ADDRESS, "imap.gouv.tg")
    assert (mail["IncomingMailServerPortNumber"], mail["IncomingMailServerUseSSL"]) == (993, True)
    assert (mail["OutgoingMailServerHostName"], mail["OutgoingMailServerPortNumber"]) == ("smtp.gouv.tg", 587)
    for payload, kind in ((contacts, "CardDAV"), (agenda, "CalDAV")):
        assert payload["PayloadType"] == f"com.apple.{kind.lower()}.account"
        assert (payload[f"{kind}HostName"], payload[f"{kind}Port"]) == ("espace.gouv.tg", 443)
        assert payload[f"{kind}UseSSL"] is True
        assert payload[f"{kind}PrincipalURL"] == f"/dav/principals/{ADDRESS}/"
        assert payload[f"{kind}Username"] == ADDRESS
    assert not any(
        "assword" in key and key != "OutgoingPasswordSameAsIncomingPassword" for key in mail if mail[key] == ""
    )
    assert profile["PayloadUUID"] == plistlib.loads(apple.profile(ADDRESS, SERVERS))["PayloadUUID"]


@served
@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a b@gouv.tg", "a@gouv.tg\r\nx: y", "a@" + "x" * 300 + ".tg"])
async def test_an_address_that_is_none_is_refused(gateway: Gateway, address: str) -> None:
    answer = await gateway.client.get(f"/mail/apple.mobileconfig?emailaddress={quote(address)}")
    assert answer.status_code == 400
    assert "emailaddress" in answer.text


async def test_where_no_mail_is_served_nothing_is_set_up(gateway: Gateway) -> None:
    for path in ("/mail/config-v1.1.xml", "/mail/apple.mobileconfig"):
        assert (await gateway.client.get(f"{path}?emailaddress={ADDRESS}")).status_code == 404


@given(st.text(max_size=60))
def test_no_address_writes_into_a_document(hostile: str) -> None:
    address = mail_address(hostile)
    domain = domain_of(hostile, hostile)
    assert not address or (address.isascii() and address.count("@") == 1 and not set(address) & set(" \r\n"))
    for whole in (
        thunderbird.configuration(domain or "gouv.tg", SERVERS, "https://espace.gouv.tg"),
        outlook.settings(address or ADDRESS, SERVERS),
    ):
        ElementTree.fromstring(whole)
    plistlib.loads(apple.profile(address or ADDRESS, SERVERS))
