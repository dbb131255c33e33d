"""What the mail service does: one verb, one file; each function's first argument is the context `Mail`."""

from services.mail.usecases.append import Appended, append, append_all, replace_message
from services.mail.usecases.context import Mail
from services.mail.usecases.copy import copy
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.delete_mailbox import delete_mailbox
from services.mail.usecases.deliver import deliver
from services.mail.usecases.expunge import expunge
from services.mail.usecases.fetch_rows import fetch_particulars, fetch_rows
from services.mail.usecases.list_messages import list_messages
from services.mail.usecases.mailboxes import cursors, find_mailbox, get_mailbox, list_mailboxes
from services.mail.usecases.move import move
from services.mail.usecases.provision import provision
from services.mail.usecases.read_message import (
    OpenPart,
    UnknownEncoding,
    cut,
    get_message,
    open_decoded,
    open_message,
    open_part,
    read_text,
)
from services.mail.usecases.reclaim import forget_expunges, named_blobs
from services.mail.usecases.rename_mailbox import rename_mailbox
from services.mail.usecases.resolve_recipient import resolve_recipient
from services.mail.usecases.search import search
from services.mail.usecases.send import resume_submissions, send
from services.mail.usecases.sort import arrange, sort
from services.mail.usecases.sources import open_source, source_of, sources
from services.mail.usecases.store_flags import store_flags
from services.mail.usecases.store_source import store_source
from services.mail.usecases.subscribe import subscribe
from services.mail.usecases.threads import thread
from services.mail.usecases.view import changes_since, vanished_since, view, view_of

__all__ = [
    "Appended",
    "Mail",
    "OpenPart",
    "UnknownEncoding",
    "append",
    "append_all",
    "arrange",
    "changes_since",
    "copy",
    "create_mailbox",
    "cursors",
    "cut",
    "delete_mailbox",
    "deliver",
    "expunge",
    "fetch_particulars",
    "fetch_rows",
    "find_mailbox",
    "forget_expunges",
    "get_mailbox",
    "get_message",
    "list_mailboxes",
    "list_messages",
    "move",
    "named_blobs",
    "open_decoded",
    "open_message",
    "open_part",
    "open_source",
    "provision",
    "read_text",
    "rename_mailbox",
    "replace_message",
    "resolve_recipient",
    "resume_submissions",
    "search",
    "send",
    "sort",
    "source_of",
    "sources",
    "store_flags",
    "store_source",
    "subscribe",
    "thread",
    "vanished_since",
    "view",
    "view_of",
]
