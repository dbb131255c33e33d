"""Debian's ldapsearch and ldap3, as an address book and an application would use the directory."""

import ssl
from typing import Any

import httpx
import ldap3
import pytest
from ldap3.utils.conv import escape_filter_chars

from tests.e2e.clients import Agent
from tests.interop.programs import run
from tests.running import RunningStack, until

BASE = "dc=gouv,dc=tg"
DIRECTOR = "directeur@finances.gouv.tg"


@pytest.fixture
def trusting(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """ldap-utils trust the stack's authority."""
    monkeypatch.setenv("LDAPTLS_CACERT", str(stack.var / "tls" / "ca.pem"))


def ldapsearch(stack: RunningStack, *arguments: str, tls: bool = False, code: int = 0) -> str:
    """What ldapsearch prints, without comments and folded lines."""
    # By its address: libldap takes "localhost" for the machine's own name, which the certificate does not bear.
    url = f"ldaps://127.0.0.1:{stack.address('ldaps')[1]}" if tls else f"ldap://127.0.0.1:{stack.address('ldap')[1]}"
    return run(
        "ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-o", "nettimeout=20", "-H", url, *arguments, code=code
    )


def login(agent: Agent) -> list[str]:
    return ["-D", agent.address, "-w", agent.password]


@pytest.mark.usefixtures("trusting")
def test_ldapsearch_finds_people_over_starttls_and_ldaps(stack: RunningStack, agent: Agent) -> None:
    found = ldapsearch(stack, "-ZZ", *login(agent), "-b", BASE, f"(mail={DIRECTOR})", "cn", "o")
    assert "cn: Directeur du Budget" in found
    assert "o:: " in found or "o: " in found
    found = ldapsearch(stack, *login(agent), "-b", BASE, "(cn=*budg*)", "mail", tls=True)
    assert f"mail: {DIRECTOR}" in found
    whole = ldapsearch(stack, "-ZZ", *login(agent), "-b", BASE, "-E", "pr=3/noprompt", "(objectClass=person)", "uid")
    assert whole.count("uid: ") == len(stack.local["accounts"])
    assert "Server side sort" not in whole


@pytest.mark.usefixtures("trusting")
def test_ldapsearch_is_refused_what_it_should_be(stack: RunningStack, agent: Agent) -> None:
    assert f"namingContexts: {BASE}" in ldapsearch(stack, "-b", "", "-s", "base", "+")
    assert "Insufficient access" in ldapsearch(stack, "-b", BASE, code=50)
    assert "Confidentiality required" in ldapsearch(stack, *login(agent), "-b", BASE, code=13)
    wrong = ["-D", agent.address, "-w", "wrong password"]
    assert "Invalid credentials" in ldapsearch(stack, "-ZZ", *wrong, "-b", BASE, code=49)
    unproven = ["-D", f"uid={agent.address},{BASE}", "-w", ""]
    refused = ldapsearch(stack, "-ZZ", *unproven, "-b", BASE, code=53)
    assert "needs a password" in refused


@pytest.mark.usefixtures("trusting")
def test_ldapwhoami_says_where_one_stands(stack: RunningStack, agent: Agent) -> None:
    url = f"ldaps://127.0.0.1:{stack.address('ldaps')[1]}"
    assert f"dn:uid={agent.address},ou=" in run("ldapwhoami", "-x", "-H", url, *login(agent))


def connected(stack: RunningStack, agent: Agent, *, starttls: bool) -> ldap3.Connection:
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(stack.var / "tls" / "ca.pem"))
    port = stack.address("ldap" if starttls else "ldaps")[1]
    server = ldap3.Server("localhost", port, use_ssl=not starttls, tls=tls, get_info=ldap3.ALL, connect_timeout=20)
    mode = ldap3.AUTO_BIND_TLS_BEFORE_BIND if starttls else ldap3.AUTO_BIND_NO_TLS
    return ldap3.Connection(server, agent.address, agent.password, auto_bind=mode, receive_timeout=20)


@pytest.mark.parametrize("starttls", [True, False])
def test_ldap3_discovers_the_base_and_completes_names(stack: RunningStack, agent: Agent, starttls: bool) -> None:
    with connected(stack, agent, starttls=starttls) as connection:
        base = connection.server.info.naming_contexts[0]
        typed = escape_filter_chars("direct")
        wanted = f"(&(objectClass=inetOrgPerson)(|(cn={typed}*)(sn={typed}*)(givenName={typed}*)(mail={typed}*)))"
        connection.search(base, wanted, attributes=["cn", "mail", "telephoneNumber", "description"], size_limit=50)
        found = {str(entry.mail) for entry in connection.entries}
        assert found == {"directeur@numerique.gouv.tg", DIRECTOR}


def test_ldap3_pages_through_the_whole_book_and_walks_the_tree(stack: RunningStack, agent: Agent) -> None:
    with connected(stack, agent, starttls=False) as connection:
        pages = connection.extend.standard.paged_search(
            BASE, "(objectClass=*)", attributes=["entryUUID", "ou"], paged_size=3, generator=False
        )
        assert len({entry["dn"] for entry in pages}) == len(pages) > len(stack.local["accounts"])
        walked: list[Any] = []
        waiting = [BASE]
        while waiting:
            connection.search(waiting.pop(), "(objectClass=*)", ldap3.LEVEL, attributes=["objectClass"])
            below = list(connection.entries)
            walked += below
            waiting += [each.entry_dn for each in below if "organizationalUnit" in each.objectClass]
        assert {each.entry_dn for each in walked} | {BASE} == {entry["dn"] for entry in pages}


def test_an_application_finds_its_user_and_binds_as_it(stack: RunningStack, agent: Agent, other: Agent) -> None:
    """Search, then bind by the name found: how web applications log their users in."""
    with connected(stack, agent, starttls=True) as connection:
        connection.search(BASE, f"(uid={escape_filter_chars(other.address)})")
        [name] = [entry.entry_dn for entry in connection.entries]
        assert connection.rebind(name, other.password)
        assert not connection.rebind(name, "wrong password")
        assert connection.result["description"] == "invalidCredentials"


@pytest.mark.usefixtures("trusting")
def test_ldapsearch_discovers_what_is_served_and_has_results_sorted(stack: RunningStack, agent: Agent) -> None:
    root = ldapsearch(stack, "-b", "", "-s", "base", "+")
    assert f"namingContexts: {BASE}" in root
    assert "subschemaSubentry: cn=Subschema" in root
    # Paged results and server side sorting.
    for control in ("1.2.840.113556.1.4.319", "1.2.840.113556.1.4.473"):
        assert f"supportedControl: {control}" in root
    schema = ldapsearch(stack, "-b", "cn=Subschema", "-s", "base", "attributeTypes", "objectClasses")
    for name in ("groupOfNames", "organizationalRole", "inetOrgPerson", "jpegPhoto", "memberOf"):
        assert f"'{name}'" in schema
    asked = ["-ZZ", *login(agent), "-b", BASE, "(objectClass=person)", "uid"]
    for sign in ("", "-"):
        found = ldapsearch(stack, "-E", f"!sss={sign}uid", *asked)
        addresses = [line.removeprefix("uid: ") for line in found.splitlines() if line.startswith("uid: ")]
        assert len(addresses) == len(stack.local["accounts"])
        assert addresses == sorted(addresses, reverse=bool(sign))
    refused = ldapsearch(stack, "-E", "!sss=nonsense", *asked, code=12)
    assert "Critical extension is unavailable" in refused


def test_ldap3_reads_groups_and_their_members_by_the_schema(stack: RunningStack, agent: Agent) -> None:
    http = stack.local["http"]
    administrator = Agent(stack, "administrateur@numerique.gouv.tg")
    with httpx.Client(base_url=http, timeout=20) as client:
        who = {"address": administrator.address, "password": administrator.password}
        told = {"authorization": f"Bearer {client.post('/v1/sessions', json=who).json()['access_token']}"}
        own = client.get("/v1/me", headers=told).json()
        wanted = {"name": "Cellule d'appui", "unit_id": own["unit_id"]}
        made = client.post("/v1/directory/groups", params={"account_ids": own["id"]}, json=wanted, headers=told)
        assert made.status_code == 201, made.text

    def read(connection: ldap3.Connection) -> list[Any]:
        groups = ldap3.Reader(connection, ldap3.ObjectDef("groupOfNames", connection), BASE, "cn: cellule*")
        return list(groups.search())

    with connected(stack, agent, starttls=False) as connection:
        until(lambda: bool(read(connection)), 10)
        [found] = read(connection)
        [member] = found.member.values
        assert member.startswith(f"uid={administrator.address},ou=")
        connection.search(BASE, f"(memberOf={escape_filter_chars(found.entry_dn)})", attributes=["uid", "memberOf"])
        assert [str(entry.uid) for entry in connection.entries] == [administrator.address]
