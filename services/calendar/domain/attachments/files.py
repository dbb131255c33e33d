"""A file that an event carries: what is kept of it, under which name it is given out, and the limits."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

MAX_OCTETS = 25 * 1024 * 1024
MAX_OF_OBJECT = 20
# Of one owner: the smallest file costs a document too.
MAX_OF_OWNER = 10_000
_MAX_FILENAME = 200
# For a file that was given no name that one can be saved under.
UNNAMED = "fichier"
OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,80}/[a-z0-9][a-z0-9.+-]{0,80}", re.ASCII)
PATH = "/dav/calendars/attachments/"


@dataclass(frozen=True)
class Attachment:
    """It never changes: what takes its place has an id of its own (RFC 8607 §3.6). `owner` is whose calendar it was
    attached in, and whose quota it counts for; `blob` is the address of its octets."""

    id: str
    owner: str
    filename: str
    media_type: str
    octets: int
    blob: str
    created_at: datetime

    def url(self, public_url: str) -> str:
        return f"{public_url}{PATH}{self.id}/{quote(self.filename, safe='')}"


def filename_given(text: str) -> str:
    """The name without a path, and without what no file's name can hold or what makes one look like another: controls,
    and marks that turn the direction of writing."""
    last = re.split(r"[/\\]", text)[-1]
    plain = "".join(each for each in unicodedata.normalize("NFC", last) if unicodedata.category(each)[0] != "C")
    named = " ".join(plain.split())
    if len(named) > _MAX_FILENAME:
        stem, dot, extension = named.rpartition(".")
        ending = f"{dot}{extension}" if stem and len(extension) <= 10 else ""
        named = named[: _MAX_FILENAME - len(ending)] + ending
    return named if named.strip(".") else UNNAMED


def media_type_given(text: str) -> str:
    """Without parameters; octets where it is none."""
    bare = text.partition(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else OCTETS
