"""PyPI's managesieve, which we did not write, keeps scripts here."""

import asyncio
import logging
from collections.abc import Callable

import managesieve
import pytest

from deploy.local.certificates import Authority
from tests.mail.imap.party import ADDRESS, PASSWORD
from tests.mail.managesieve.party import ManageSieve

TRI = 'require "fileinto";\r\nif header :contains "subject" "facturé" { fileinto "Factures"; }\r\n'


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks the system whom to trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))


async def with_client(sieve: ManageSieve, act: Callable[[managesieve.MANAGESIEVE], None]) -> None:
    def run() -> None:
        managesieve.DEBUG = logging.WARNING
        client = managesieve.MANAGESIEVE("localhost", sieve.server.ports[0], use_tls=True)
        try:
            assert client.login("", ADDRESS, PASSWORD) == "OK"
            act(client)
        finally:
            client.logout()

    await asyncio.to_thread(run)


@pytest.mark.usefixtures("trusted")
async def test_managesieve_of_pypi_keeps_scripts(sieve: ManageSieve) -> None:
    def act(client: managesieve.MANAGESIEVE) -> None:
        assert client.implementation == "workspace"
        assert client.havespace("été", 500) == "OK"
        assert client.havespace("été", 10**9) == "NO"
        assert (client.response_code, client.putscript("été", TRI)) == ("QUOTA/MAXSIZE", "OK")
        assert client.putscript("faux", "if {") == "NO"
        assert "Line 1" in client.response_text
        assert client.setactive("été") == "OK"
        assert client.listscripts() == ("OK", [("été", True)])
        assert client.getscript("été") == ("OK", TRI)
        assert client.deletescript("été") == "NO"
        assert client.response_code == "ACTIVE"
        assert client.setactive("") == "OK"
        assert client.deletescript("été") == "OK"
        assert client.listscripts() == ("OK", [])

    await with_client(sieve, act)
