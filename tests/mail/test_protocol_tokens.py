"""Which tokens open mail's protocols: those of the workspace itself, and clients' that were allowed all of the mail."""

import pytest

from chassis.errors import Unauthenticated
from chassis.identity import PLATFORM_CLIENT, Identity, Revocations, TokenVerifier
from services.mail.directory import ProtocolLogin
from tests.gateway.conftest import Signer


class Unasked:
    """In place of directory, which no token is asked of."""

    async def verify(self, *_: str) -> Identity:
        raise AssertionError


async def opened(protocol: str, **claims: object) -> Identity:
    signer = Signer()
    verifier = TokenVerifier(signer.keys)
    login = ProtocolLogin(Unasked(), verifier, Revocations(lambda _: None), protocol)  # type: ignore[arg-type]
    return await login.token(signer.token(**claims))


@pytest.mark.parametrize("protocol", ["imap", "submission"])
async def test_a_limited_token_opens_no_mailbox_unless_it_was_allowed_the_mail(protocol: str) -> None:
    assert (await opened(protocol)).account_id == "01ALICE"
    assert (await opened(protocol, client_id="c1", scope="openid mail.write")).scopes
    for scope in ("", "openid profile", "directory.write", "mail.read"):
        with pytest.raises(Unauthenticated):
            await opened(protocol, client_id="c1", scope=scope)
    with pytest.raises(Unauthenticated):
        await opened(protocol, client_id="c1", scope="mail.write", cnf={"x5t#S256": "abc"})


async def test_the_platform_itself_sends_and_reads_nothing() -> None:
    claims = {"client_id": f"{PLATFORM_CLIENT}letters", "scope": ""}
    assert (await opened("submission", **claims)).of_platform
    with pytest.raises(Unauthenticated):
        await opened("imap", **claims)
