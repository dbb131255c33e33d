"""Another server, read by IMAP."""

import contextlib
import re
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from cli.sources.source import Letter, SourceLost, Unreadable, in_utc

SECONDS = 60
AT_ONCE = 500
# Of one letter; those of the system come first.
MOST_FLAGS = 60
_SYSTEM = ("\\answered", "\\flagged", "\\deleted", "\\seen", "\\draft")
# RFC 3501 §9, flag-keyword: an atom.
_KEYWORD = re.compile(r"[^\x00-\x20\x7f-\uffff(){%*\"\\\]]{1,100}")
# RFC 6154, and what servers without it call them.
_USES = {
    b"\\Drafts": "Drafts", b"\\Sent": "Sent", b"\\Archive": "Archive", b"\\Junk": "Junk", b"\\Trash": "Trash",
}  # fmt: skip
_NAMES = {
    "sent": "Sent", "sent items": "Sent", "sent messages": "Sent", "éléments envoyés": "Sent", "envoyés": "Sent",
    "drafts": "Drafts", "brouillons": "Drafts", "trash": "Trash", "deleted items": "Trash", "corbeille": "Trash",
    "éléments supprimés": "Trash", "junk": "Junk", "spam": "Junk", "junk e-mail": "Junk",
    "courrier indésirable": "Junk",
    "archive": "Archive", "archives": "Archive",
}  # fmt: skip
# Folders that hold what others hold already.
_VIEWS = (b"\\All", b"\\Flagged", b"\\Important", b"\\Noselect", b"\\NonExistent")


@dataclass(frozen=True)
class ImapPlace:
    """Where, and as whom. `plain`: without TLS, for a server on this machine."""

    host: str
    port: int
    user: str
    password: str
    plain: bool = False
    ca_file: str = ""

    def __str__(self) -> str:
        return f"{'imap' if self.plain else 'imaps'}://{self.host}/{self.user}"


class ImapSource:
    """The letters of all folders, each asked for only when it is read; to be closed."""

    def __init__(self, at: ImapPlace) -> None:
        """Raises `Unreadable`."""
        self._at = at
        self._open = ""
        try:
            self._client = _connected(at)
        except (IMAPClientError, OSError) as error:
            raise Unreadable(f"{at}: {error}") from error

    def close(self) -> None:
        with contextlib.suppress(IMAPClientError, OSError):
            self._client.logout()

    def __iter__(self) -> Iterator[Letter]:
        """Raises `SourceLost`, as reading a letter does."""
        with self._answering():
            folders = self._client.list_folders()
            spaces = self._namespaces()
        for flags, delimiter, name in folders:
            if not any(view in flags for view in _VIEWS) and is_own(name, spaces):
                yield from self._letters(name, _here(flags, delimiter, name))

    def _namespaces(self) -> list[tuple[str, bool]]:
        if not self._client.has_capability("NAMESPACE"):
            return []
        told = self._client.namespace()
        return [
            *((prefix, True) for prefix, _ in told.personal or ()),
            *((prefix, False) for prefix, _ in (*(told.other or ()), *(told.shared or ()))),
        ]

    def _letters(self, name: str, here: str) -> Iterator[Letter]:
        with self._answering():
            validity = self._select(name)
            uids = self._client.search()
        for start in range(0, len(uids), AT_ONCE):
            with self._answering():
                self._select(name)
                rows = self._client.fetch(uids[start : start + AT_ONCE], ["FLAGS", "INTERNALDATE"])
            for uid, row in sorted(rows.items()):
                if b"FLAGS" in row:
                    yield self._letter(name, here, validity, uid, row)

    def _letter(self, name: str, here: str, validity: int, uid: int, row: Any) -> Letter:
        return Letter(
            f"imap {self._at.host.lower()} {self._at.user.lower()} {name} {validity} {uid}"[-500:],
            here,
            known_flags(row[b"FLAGS"]),
            partial(self._read, name, uid),
            _utc(row.get(b"INTERNALDATE")),
        )

    def _read(self, name: str, uid: int) -> bytes:
        with self._answering():
            self._select(name)
            found = self._client.fetch([uid], ["BODY.PEEK[]"])
        body = found.get(uid, {}).get(b"BODY[]")
        if body is None:
            raise Unreadable("it is gone")
        return bytes(body)

    def _select(self, name: str) -> int:
        """Letters are read after others were listed: the folder may be another one by then. Its UIDVALIDITY."""
        if self._open != name:
            self._validity = int(self._client.select_folder(name, readonly=True).get(b"UIDVALIDITY", 0))
            self._open = name
        return self._validity

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (IMAPClientError, OSError) as error:
            raise SourceLost(f"{self._at}: {error}") from error


def _connected(at: ImapPlace) -> IMAPClient:
    context = None if at.plain else ssl.create_default_context(cafile=at.ca_file or None)
    client = IMAPClient(at.host, at.port, ssl=not at.plain, ssl_context=context, timeout=SECONDS)
    client.login(at.user, at.password)
    return client


def is_own(name: str, namespaces: Iterable[tuple[str, bool]]) -> bool:
    """Whether a mailbox is the account's, and not one of others that it may read (RFC 2342): as the longest prefix says
    that it begins with. `namespaces`: each prefix, and whether it is the account's own."""
    matching = [(len(prefix), own) for prefix, own in namespaces if name.startswith(prefix)]
    return name.upper() == "INBOX" or not matching or max(matching)[1]


def _here(flags: Any, delimiter: bytes | None, name: str) -> str:
    """What the folder is called here."""
    if name.upper() == "INBOX":
        return "INBOX"
    for use, ours in _USES.items():
        if use in flags:
            return ours
    separator = delimiter.decode() if delimiter else ""
    levels = name.split(separator) if separator else [name]
    # Many servers put everything below INBOX.
    if len(levels) > 1 and levels[0].upper() == "INBOX":
        levels = levels[1:]
    whole = "/".join(level.replace("/", "-").strip() or "-" for level in levels)
    return _NAMES.get(whole.lower(), whole)


def _utc(at: datetime | None) -> datetime | None:
    """imapclient gives local times without a zone."""
    return None if at is None else in_utc(at)


def known_flags(flags: Iterable[bytes]) -> tuple[str, ...]:
    """Those that any server knows, and keywords: no letter stays behind for a flag of another server's own."""
    told = dict.fromkeys(flag.decode("ascii", "replace") for flag in flags)
    kept = [flag for flag in told if flag.lower() in _SYSTEM or _KEYWORD.fullmatch(flag)]
    return tuple(sorted(kept, key=lambda flag: flag.lower() not in _SYSTEM)[:MOST_FLAGS])
