"""StartTLS (RFC 4511 §4.14) and WhoAmI (RFC 4532)."""

from services.directory.ldap.codec import responses
from services.directory.ldap.codec.requests import Extended
from services.directory.ldap.session import Refused, Session

START_TLS, WHO_AM_I = "1.3.6.1.4.1.1466.20037", "1.3.6.1.4.1.4203.1.11.3"
EXTENSIONS = (START_TLS, WHO_AM_I)


async def extended(session: Session, message_id: int, request: Extended) -> None:
    if request.oid == START_TLS:
        await _start_tls(session, message_id)
    elif request.oid == WHO_AM_I:
        session.wire.write(responses.extended(message_id, responses.SUCCESS, value=_who(session).encode("utf-8")))
    else:
        raise Refused(responses.PROTOCOL_ERROR, "There is no such extension here")


async def _start_tls(session: Session, message_id: int) -> None:
    if session.wire.secure:
        raise Refused(responses.OPERATIONS_ERROR, "TLS is on")
    if not session.options.starttls:
        raise Refused(responses.PROTOCOL_ERROR, "There is no TLS here")
    # Who has bound before may have been somebody else's doing (RFC 4513 §3.1.2 lets the server choose).
    session.forget()
    session.wire.write(responses.extended(message_id, responses.SUCCESS, oid=START_TLS))
    await session.wire.start_tls()


def _who(session: Session) -> str:
    """The authorization identity: a name in the tree where there is one, empty for nobody."""
    account, book = session.account, session.opened()
    if account is None:
        return ""
    number = book.number_of(account.id) if book is not None else None
    if book is None or number is None:
        return f"u:{account.address}"
    return f"dn:{session.trees.of(book).name_of(book.entry(number))}"
