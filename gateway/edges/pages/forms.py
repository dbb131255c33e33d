"""What a form sent, of bounded size."""

from collections.abc import Mapping

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.types import Receive

from chassis.errors import InvalidInput, TooLarge
from gateway.transcoding.bodies import check_media_type, pieces

FORM_OCTETS = 64 * 1024
# A poll has up to 50 times.
_FIELDS = 60
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class Form:
    """Its fields; a form of ours has each once. `files` holds those of files by name, as their octets."""

    def __init__(self, data: FormData, files: Mapping[str, bytes] | None = None) -> None:
        self._data = data
        self._files = files or {}

    def text(self, name: str) -> str:
        """A field as it was typed; empty when it is not there."""
        value = self._data.get(name, "")
        return value if isinstance(value, str) else ""

    def line(self, name: str) -> str:
        """A field without the blanks around it, which a paste brings along."""
        return self.text(name).strip()

    def file(self, name: str) -> bytes:
        """The octets of a file; empty when none was chosen."""
        return self._files.get(name, b"")

    def names(self) -> list[str]:
        """Of all of its fields."""
        return list(self._data.keys())

    def all(self, name: str) -> list[str]:
        return [value for value in self._data.getlist(name) if isinstance(value, str)]


async def read_form(headers: Headers, receive: Receive) -> Form:
    """Raises `InvalidInput`, `TooLarge`, `UnsupportedMediaType`."""
    check_media_type(headers, (URLENCODED,))
    try:
        return Form(await FormParser(headers, pieces(headers, receive, FORM_OCTETS), max_fields=_FIELDS).parse())
    except (MultiPartException, UnicodeError, ValueError) as error:
        raise InvalidInput("The form cannot be read") from error


async def read_form_with_file(headers: Headers, receive: Receive, most: int) -> Form:
    """A form with one file of at most `most` octets (RFC 7578). Raises `InvalidInput`, `TooLarge`,
    `UnsupportedMediaType`."""
    check_media_type(headers, (MULTIPART,))
    octets = pieces(headers, receive, most + FORM_OCTETS)
    parser = MultiPartParser(headers, octets, max_files=1, max_fields=_FIELDS, max_part_size=FORM_OCTETS)
    try:
        data = await parser.parse()
    except (MultiPartException, UnicodeError, ValueError, KeyError) as error:
        raise InvalidInput("The form cannot be read") from error
    try:
        files = {name: await value.read() for name, value in data.multi_items() if isinstance(value, UploadFile)}
    finally:
        await data.close()
    if any(len(content) > most for content in files.values()):
        raise TooLarge(f"At most {most} octets are taken")
    return Form(data, files)
