"""A listening ManageSieve server on the mail service under test."""

import ssl
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from chassis.identity import Revocation, Revocations
from chassis.tls import public_context
from deploy.local.certificates import Authority
from services.mail.managesieve.ports import Options
from services.mail.managesieve.server import ManageSieveServer
from tests.mail.house import House
from tests.mail.imap.party import Doorkeeper
from tests.mail.managesieve.party import ManageSieve, Start


async def _none(_: datetime | None) -> list[Revocation]:
    return []


@pytest.fixture
async def start(house: House, owner: str, authority: Authority) -> AsyncIterator[Start]:
    running: list[ManageSieve] = []
    own = authority.of("localhost")
    trust = ssl.create_default_context(cafile=str(authority.certificate))

    async def begin(options: Options) -> ManageSieve:
        doorkeeper, revocations = Doorkeeper(owner), Revocations(_none)
        server = ManageSieveServer(
            house.mail,
            doorkeeper,
            options,
            tls=public_context(own.certificate, own.key),
            listen=("127.0.0.1", 0),
            revocations=revocations,
        )
        await server.start()
        running.append(ManageSieve(server, doorkeeper, revocations, trust))
        return running[-1]

    yield begin
    for each in running:
        for client in each.clients:
            client.close()
        await each.server.stop()


@pytest.fixture
async def sieve(start: Start) -> ManageSieve:
    """With short pauses, so that tests are fast."""
    return await start(Options(failed_login_pause=0))
