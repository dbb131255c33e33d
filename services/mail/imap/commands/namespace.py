"""NAMESPACE (RFC 2342): one's own mailboxes, those of other accounts, and those of functions."""

from services.mail.domain.names import SEPARATOR
from services.mail.domain.sharing import FUNCTIONS, OTHERS
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import Namespace
from services.mail.imap.codec.utf7 import encode_name
from services.mail.imap.session import Session


async def namespace(session: Session, _: Namespace) -> bytes:
    others, functions = (write.quoted(encode_name(each + SEPARATOR)) for each in (OTHERS, FUNCTIONS))
    session.untagged(b'NAMESPACE (("" "/")) ((%b "/")) ((%b "/"))' % (others, functions))
    return b"OK Done"
