"""How servers prove themselves, as a policy wants it: by a certificate that an authority signed."""

from pathlib import Path

import pytest

from services.mail.domain.tls_results import Applied
from services.mail.relay.route import Tls
from tests.mail.house import letter
from tests.mail.relay.certificates import Authority
from tests.mail.relay.post import Post, RemoteOf

THERE, NAME = "b@example.org", "mx.example.org"
STS = Applied("sts", "example.org")


@pytest.fixture
def authority_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority that this machine believes."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


async def sent(post: Post, remote_of: RemoteOf, by: Tls, **remote: object) -> tuple[bool, bool, list[str]]:
    """Whether a letter arrived, whether by TLS, and what was noted."""
    server = await remote_of(**remote)
    post.routes.table["example.org"] = [server.server(name=NAME, tls=by, applied=STS)]
    await post.enqueue(letter(), THERE)
    await post.settled()
    assert all(each.address == "127.0.0.1" and each.mx == NAME for each in post.noted.sessions)
    return bool(server.received), server.tls, [each.result for each in post.noted.sessions]


@pytest.mark.parametrize("tls", [Tls.REQUIRED, Tls.TESTED])
async def test_who_proves_itself_gets_the_letter(
    post: Post, remote_of: RemoteOf, authority_here: Authority, tls: Tls
) -> None:
    context = authority_here.issue(NAME).server()
    assert await sent(post, remote_of, tls, tls=context) == (True, True, [""])


WRONG = {
    "name": "certificate-host-mismatch",
    "expired": "certificate-expired",
    "authority": "certificate-not-trusted",
    "none": "starttls-not-supported",
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("tls", [Tls.REQUIRED, Tls.TESTED])
async def test_who_does_not_gets_it_only_while_the_policy_is_tested_and_each_is_told(
    post: Post, remote_of: RemoteOf, authority_here: Authority, tmp_path: Path, tls: Tls, wrong: str
) -> None:
    by = Authority(tmp_path, "another") if wrong == "authority" else authority_here
    issued = by.issue("other.example" if wrong == "name" else NAME, days=-1 if wrong == "expired" else 30)
    arrived, encrypted, noted = await sent(post, remote_of, tls, tls=None if wrong == "none" else issued.server())
    assert noted == [WRONG[wrong]]
    if tls is Tls.TESTED:
        assert (arrived, encrypted) == (True, wrong != "none")
        return
    assert not arrived
    (entry,) = await post.entries()
    assert entry["recipients"][0]["status"] == "4.7.5"
