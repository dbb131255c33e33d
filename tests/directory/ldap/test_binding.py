"""Who may bind, how, and until when: by ldap3 and by octets, against the server as it runs."""

import asyncio
import ssl
from dataclasses import replace
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPExceptionError
from workspace.directory.v1 import credentials_pb2
from workspace.directory.v1 import directory_pb2 as pb

from services.directory.ldap.codec.ber import octets
from services.directory.ldap.operations.extended import START_TLS
from tests.directory.conftest import PASSWORD, Person, Stack
from tests.directory.ldap.conftest import BASE, Ldap, People
from tests.directory.ldap.messages import answered, binding, code_of, operation, searching
from tests.directory.test_second_factors import enrol

AGENT = "agent@sante.gouv.tg"
SUCCESS, CONFIDENTIALITY_REQUIRED, WRONG, UNWILLING = 0, 13, 49, 53


async def result_of(ldap: Ldap, name: str, password: str, **kind: Any) -> str:
    def act() -> str:
        connection = ldap.connection(name, password, **kind)
        try:
            connection.bind()
            return str(connection.result["description"])
        finally:
            connection.unbind()

    return await asyncio.to_thread(act)


async def test_agents_bind_by_their_address_or_by_their_name_wherever_they_stand(people: People, ldap: Ldap) -> None:
    for name in (AGENT, AGENT.upper(), f"uid={AGENT},ou=Santé,{BASE}", f"mail={AGENT},{BASE}"):
        assert await result_of(ldap, name, PASSWORD) == "success", name
    plain = {"authentication": ldap3.SASL, "sasl_mechanism": "PLAIN", "sasl_credentials": (None, AGENT, PASSWORD)}
    assert await result_of(ldap, "", "", **plain) == "success"
    forbidden = plain | {"sasl_credentials": ("u:admin@gouv.tg", AGENT, PASSWORD)}
    assert await result_of(ldap, "", "", **forbidden) == "invalidCredentials"


async def test_failures_say_the_same_and_end_the_connection_after_some(people: People, ldap: Ldap) -> None:
    ldap.server.options = quick(ldap)
    nobody = (f"uid=nobody@x.tg,{BASE}", f"cn=agent,{BASE}", "ou=\\", "=,=", "x" * 9000)
    for name in (AGENT, "nobody@sante.gouv.tg", *nobody):
        assert await result_of(ldap, name, "wrong password") == "invalidCredentials", name
    reader, writer = await tls(ldap)
    codes = []
    for number in range(1, 6):
        writer.write(binding("nobody@gouv.tg", "wrong", number))
        try:
            _, _, whole = await asyncio.wait_for(answered(reader), 10)
        except asyncio.IncompleteReadError:
            break
        codes.append(code_of(whole))
    assert codes == [WRONG] * 3
    writer.close()


def quick(ldap: Ldap) -> Any:
    """The server's options without the pause after a failure."""
    return replace(ldap.server.options, failed_login_pause=0.0)


async def tls(ldap: Ldap) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context(cafile=str(ldap.certificate_authority))
    return await asyncio.open_connection("127.0.0.1", ldap.tls_port, ssl=context, server_hostname="localhost")


async def test_a_bind_without_password_is_refused_and_an_anonymous_one_is_nobody(people: People, ldap: Ldap) -> None:
    reader, writer = await tls(ldap)
    writer.write(binding(AGENT, "") + binding(f"uid={AGENT},ou=Santé,{BASE}", "", 2) + binding("", "", 3))
    codes = [code_of((await answered(reader))[2]) for _ in range(3)]
    assert codes == [UNWILLING, UNWILLING, SUCCESS]
    writer.write(binding("", PASSWORD, 4) + binding(AGENT, PASSWORD, 5, version=2))
    assert [code_of((await answered(reader))[2]) for _ in range(2)] == [WRONG, 2]
    # Whoever had bound is nobody again after a bind that failed (RFC 4511 §4.2.1).
    writer.write(binding(AGENT, PASSWORD, 6) + binding(AGENT, "", 7) + searching("(cn=*)", 8))
    assert [code_of((await answered(reader))[2]) for _ in range(3)] == [SUCCESS, UNWILLING, 50]
    writer.close()


async def test_passwords_are_taken_over_tls_alone_unless_the_settings_say_otherwise(people: People, ldap: Ldap) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", ldap.port)
    writer.write(binding(AGENT, PASSWORD))
    assert code_of((await answered(reader))[2]) == CONFIDENTIALITY_REQUIRED
    # What is sent in the clear behind StartTLS is not taken for what came by TLS.
    writer.write(operation(0x77, octets(START_TLS.encode(), 0x80), 2) + binding(AGENT, PASSWORD, 3))
    number, _, whole = await answered(reader)
    assert (number, code_of(whole)) == (2, SUCCESS)
    context = ssl.create_default_context(cafile=str(ldap.certificate_authority))
    await writer.start_tls(context, server_hostname="localhost")
    writer.write(searching("(cn=*)", 4))
    number, _, whole = await answered(reader)
    assert (number, code_of(whole)) == (4, 50)
    writer.write(binding(AGENT, PASSWORD, 5) + operation(0x77, octets(START_TLS.encode(), 0x80), 6))
    assert [code_of((await answered(reader))[2]) for _ in range(2)] == [SUCCESS, 1]
    writer.close()


async def test_an_app_password_of_ldap_binds_and_one_of_mail_does_not(stack: Stack, people: People, ldap: Ldap) -> None:
    agent = people.land.health_agent

    async def make(protocol: str) -> Any:
        request = credentials_pb2.CreateAppPasswordRequest(protocol=protocol, label="Carnet")
        return await stack.gateway.credentials.CreateAppPassword(request, **agent.said)

    own, mail = await make("ldap"), await make("imap")
    ldap.server.options = quick(ldap)
    assert await result_of(ldap, AGENT, own.secret) == "success"
    assert await result_of(ldap, AGENT, mail.secret) == "invalidCredentials"
    # Revoked, it ends the connections that stand on it, and no others.
    connections = [ldap.connection(AGENT, secret) for secret in (own.secret, PASSWORD)]
    for connection in connections:
        await asyncio.to_thread(connection.bind)
    delete = credentials_pb2.DeleteAppPasswordRequest(id=own.app_password.id)
    await stack.gateway.credentials.DeleteAppPassword(delete, **agent.said)
    assert await ended(connections[0])
    assert await asyncio.to_thread(connections[1].search, BASE, "(mail=agent@sante.gouv.tg)")
    await asyncio.to_thread(connections[1].unbind)


async def test_the_first_second_factor_ends_connections_that_the_own_password_opened(
    stack: Stack, people: People, ldap: Ldap
) -> None:
    agent = people.land.health_agent
    ldap.server.options = quick(ldap)
    connection = ldap.connection(AGENT, PASSWORD)
    await asyncio.to_thread(connection.bind)
    await enrol(stack, agent)
    assert await ended(connection)
    assert await result_of(ldap, AGENT, PASSWORD) == "invalidCredentials"


async def ended(connection: ldap3.Connection) -> bool:
    """Whether the server hangs up within some seconds."""
    async with asyncio.timeout(10):
        while True:
            try:
                await asyncio.to_thread(connection.search, BASE, f"(mail={AGENT})")
            except LDAPExceptionError:
                return True
            await asyncio.sleep(0.02)


async def test_who_may_log_in_no_more_is_not_bound_any_longer(
    stack: Stack, people: People, ldap: Ldap, administrator: Person
) -> None:
    agent = people.land.health_agent.account
    connection = ldap.connection(AGENT)
    await asyncio.to_thread(connection.bind)
    await stack.cli.accounts.SuspendAccount(pb.SuspendAccountRequest(id=agent.id), **administrator.said)
    assert await ended(connection)
    ldap.server.options = quick(ldap)
    assert await result_of(ldap, AGENT, PASSWORD) == "invalidCredentials"
    other = ldap.connection("agent@economie.gouv.tg")
    await asyncio.to_thread(other.bind)
    new = pb.SetPasswordRequest(id=people.land.economy_agent.account.id, new_password="an entirely new one")
    await stack.cli.accounts.SetPassword(new, **administrator.said)
    assert await ended(other)


async def test_roles_are_as_they_are_now(stack: Stack, people: People, ldap: Ldap, administrator: Person) -> None:
    by = "admin@economie.gouv.tg"
    connection = ldap.connection(by)
    await asyncio.to_thread(connection.bind)

    def sees() -> bool:
        connection.search(BASE, "(sn=kpomegbe)", attributes=["employeeNumber"])
        return bool(connection.response[0]["raw_attributes"])

    assert await asyncio.to_thread(sees)
    account = people.land.economy_administrator.account
    await stack.update(administrator, pb.Account(id=account.id), "roles")
    async with asyncio.timeout(10):
        # Taking roles away ends the account's sessions or not; either way nothing is seen any more.
        while True:
            try:
                if not await asyncio.to_thread(sees):
                    break
            except (LDAPExceptionError, IndexError):
                break
            await asyncio.sleep(0.02)


async def test_an_account_has_a_bounded_number_of_connections(people: People, ldap: Ldap) -> None:
    ldap.server.options = replace(quick(ldap), connections_per_account=2)
    connections = [ldap.connection(AGENT) for _ in range(3)]
    bound = [await asyncio.to_thread(connection.bind) for connection in connections]
    assert bound == [True, True, False]
    assert connections[2].result["description"] == "busy"
    for connection in connections:
        await asyncio.to_thread(connection.unbind)
