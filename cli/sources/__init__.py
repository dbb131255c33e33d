"""Where mail comes from that is brought over: files of other programs, and other servers."""

from cli.sources.archive import archive
from cli.sources.files import folders, is_maildir, maildir, mbox
from cli.sources.imap import ImapPlace, ImapSource
from cli.sources.source import Letter, SourceLost, Unreadable

__all__ = [
    "ImapPlace", "ImapSource", "Letter", "SourceLost", "Unreadable",
    "archive", "folders", "is_maildir", "maildir", "mbox",
]  # fmt: skip
