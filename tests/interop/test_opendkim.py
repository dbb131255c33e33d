"""OpenDKIM, which verifies what we sign by the DNS that we ask for."""

from tests.interop.dns_room import run_in_room
from tests.mail.authentication.signing import LETTER
from tests.mail.authentication.test_signing import KEYS, RSA, signed


def test_opendkim_verifies_what_we_sign() -> None:
    letter = signed(LETTER, [RSA])
    code, said = run_in_room(dict(KEYS), "opendkim-testmsg", "opendkim-tools", letter)
    assert (code, said) == (0, "")
    changed = letter.replace(b"Bonjour", b"Bonsoir")
    code, said = run_in_room(dict(KEYS), "opendkim-testmsg", "opendkim-tools", changed)
    assert code != 0
    code, said = run_in_room({}, "opendkim-testmsg", "opendkim-tools", letter)
    assert code != 0
