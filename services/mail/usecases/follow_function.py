"""Know who holds a function, and give it mailboxes when it is to have its own."""

from services.mail.domain.sharing import Function
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import holders_changed
from services.mail.usecases.provision import provision
from services.mail.usecases.share_mailbox import forget_holders
from services.mail.usecases.write_as import forget_delegates


async def follow_function(mail: Mail, function: Function) -> None:
    """Repeatable; what is older than what is known changes nothing.

    From the write on, former holders see nothing and new ones all. A function that ended keeps its mailboxes, and one
    that is to have no mailbox any more keeps what came: letters to an office are not erased by taking it apart.
    """
    await mail.store.functions.told(function)
    known = await mail.store.functions.get(function.id)
    if known is not None and known.own_mailbox:
        await provision(mail, function.id)
    if known is not None:
        await forget_holders(mail, known)
        await forget_delegates(mail, known)
    # Told again when a process died before: sessions only look again.
    await mail.store.notices.tell([holders_changed(function)])
