"""The LDAP server as it runs, beside the api on the same database; people to be found."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ldap3
import pytest
from ldap3.core.exceptions import LDAPException
from workspace.directory.v1 import directory_pb2 as pb

from deploy.local.certificates import LOCALHOST, Authority
from services.directory import bootstrap
from services.directory.ldap.server import LdapServer
from tests.directory.conftest import PASSWORD, Land, Person, Stack

BASE = "dc=gouv,dc=tg"


@dataclass
class Ldap:
    """A running server and how to reach it."""

    server: LdapServer
    certificate_authority: Path

    @property
    def port(self) -> int:
        return self.server.ports[0]

    @property
    def tls_port(self) -> int:
        return self.server.ports[1]

    async def run(self, act: Callable[[ldap3.Connection], Any], address: str = "", password: str = PASSWORD) -> Any:
        """What `act` makes of a connection by LDAPS, bound as somebody, or as nobody; ldap3 blocks, hence a thread."""
        return await asyncio.to_thread(self._run, act, address, password)

    def connection(self, address: str = "", password: str = PASSWORD, **kind: Any) -> ldap3.Connection:
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(self.certificate_authority))
        server = ldap3.Server(
            "localhost", self.tls_port, use_ssl=True, tls=tls, get_info=ldap3.NONE, connect_timeout=10
        )
        login = {"user": address, "password": password} if address else {}
        return ldap3.Connection(server, receive_timeout=20, return_empty_attributes=False, **login, **kind)

    def _run(self, act: Callable[[ldap3.Connection], Any], address: str, password: str) -> Any:
        connection = self.connection(address, password)
        assert connection.bind(), connection.result
        try:
            return act(connection)
        finally:
            # The server may have been faster.
            with contextlib.suppress(LDAPException):
                connection.unbind()


@pytest.fixture
async def ldap(stack: Stack, authority: Authority) -> AsyncIterator[Ldap]:
    """On free ports of loopback, with StartTLS and with TLS."""
    own = authority.of(LOCALHOST)
    told = stack.settings("directory").model_copy(
        update={
            "ldap_listen": "127.0.0.1:0",
            "ldaps_listen": "127.0.0.1:0",
            "public_certificate": own.certificate,
            "public_key": own.key,
        }
    )
    server = bootstrap.ldap_server(told, stack.directory)
    await stack.directory.phonebook.open()
    await server.start()
    yield Ldap(server, authority.certificate)
    await server.drain()
    await server.stop()


@dataclass
class People:
    """The land and some people in it."""

    land: Land
    director: pb.Account
    clerk: pb.Account
    unplaced: Person


@pytest.fixture
async def people(stack: Stack, land: Land, administrator: Person) -> People:
    """Made before the server reads the book."""

    async def open_account(address: str, name: str, unit: str, number: str, **profile: str) -> pb.Account:
        account = pb.Account(
            address=address, display_name=name, unit_id=unit, staff_number=number, profile=pb.Profile(**profile)
        )
        return await stack.cli.accounts.CreateAccount(pb.CreateAccountRequest(account=account), **administrator.said)

    director = await open_account(
        "directrice.budget@economie.gouv.tg", "Abla Kpɔmégbé", land.treasury.id, "E-1",
        given_name="Abla", family_name="Kpɔmégbé", title="Directrice du Budget", phone="+228 22 21 35 01", place="Lomé",
    )  # fmt: skip
    clerk = await open_account(
        "commis@sante.gouv.tg", "Commis, au (greffe) *principal*\\", land.health.id, "S-1", title="Commis"
    )
    return People(land, director, clerk, administrator)
