"""Letters that scripts cause are well-formed whatever is put into them."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

from hypothesis import example, given
from hypothesis import strategies as st

from services.mail.domain.sieve import Failure, Letter, Notification, Vacation
from services.mail.domain.sieve.notification import Mailto
from services.mail.domain.sieve.writing import Stamp, answer, failure_notice, notification

OWN, TO = "agent1@numerique.gouv.tg", "partenaire@example.org"
STAMP = Stamp(datetime(2026, 11, 30, 9, 30, tzinfo=UTC), "01UNIQUE", "gouv.tg")
_TEXT = st.text(max_size=80) | st.text('é\r\n\t :;<>@"(),=?_\x00\ud800', max_size=60) | st.just("x" * 2000)


@given(_TEXT, _TEXT, _TEXT, st.binary(max_size=80), st.booleans())
@example(
    "a\r\nBcc: x@y.example", "b\n.\nc", "Content-Type: text/plain\r\nTo: x@y.example\r\n\r\nd", b"<a@b> <c@d>", True
)
def test_an_answer_has_its_own_header_whatever_it_answers(
    subject: str, said: str, reason: str, references: bytes, mime: bool
) -> None:
    written = subject.encode("utf-8", "replace").replace(b"\n", b" ")
    header = b"Subject: " + written + b"\r\nMessage-ID: <1@a>\r\nReferences: " + references + b"\r\n"
    octets = answer(Vacation(reason, 600, "h", subject=said, mime=mime), Letter(b"", header, 0), OWN, TO, STAMP)
    message = message_from_bytes(octets, policy=policy.default)
    assert [message.get_all(name) for name in ("From", "To", "Bcc")] == [[OWN], [TO], None]
    assert message.get_all("Auto-Submitted") == ["auto-replied"]
    head = octets.partition(b"\r\n\r\n")[0]
    assert b"\n" not in head.replace(b"\r\n", b"")
    if not mime:
        assert head.isascii()
        assert max(map(len, octets.split(b"\r\n"))) <= 998
        wanted = reason.encode("utf-8", "replace").decode().replace("\0", "")
        assert message.get_content().split() == wanted.split()


@given(_TEXT, _TEXT, _TEXT)
def test_notifications_and_notices_too(one: str, two: str, three: str) -> None:
    letter = Letter(b"", f"From: {one}\r\nSubject: {two}\r\n".encode("utf-8", "replace"), 0)
    told = Notification(Mailto((TO,), one, two), three)
    for octets in (
        notification(told, letter, OWN, TO, STAMP),
        failure_notice(Failure(3, one, two), three, OWN, STAMP),
    ):
        message = message_from_bytes(octets, policy=policy.default)
        assert len(message.get_all("To", [])) == 1
        assert message["Bcc"] is None
        assert octets.partition(b"\r\n\r\n")[0].isascii()
