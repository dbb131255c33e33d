"""Which attributes of an entry are answered (RFC 4511 §4.5.1.8), and their octets."""

from collections.abc import Sequence

from services.directory.ldap.codec import responses
from services.directory.ldap.schema import JPEG, AttributeType, known
from services.directory.ldap.views import View

PHOTO = "jpegPhoto"
ALL, ALL_OPERATIONAL, NONE = "*", "+", "1.1"


class Selection:
    """What a search wants of each entry; nothing named is everything but what is operational."""

    def __init__(self, wanted: Sequence[str], *, types_only: bool = False) -> None:
        self._user = not wanted or ALL in wanted
        self._operational = ALL_OPERATIONAL in wanted
        self._named = {attribute.name for name in wanted if (attribute := known(name)) is not None}
        self._types_only = types_only
        # Whether photos are wanted, which are read one by one.
        self.photos = PHOTO in self._named and not types_only
        # Entries of one kind have the same attributes: chosen once.
        self._chosen: dict[object, list[AttributeType]] = {}

    def octets(self, message_id: int, view: View, photo: bytes = b"") -> bytes:
        """The entry as it is sent, with its photo where that was read."""
        listed = view.attributes
        chosen = self._chosen.get(listed)
        if chosen is None:
            chosen = self._chosen[listed] = [each for name in listed if (each := known(name)) and self._takes(each)]
        found = self._attributes(view, chosen)
        if photo:
            found.append(responses.attribute(PHOTO.encode("ascii"), [photo]))
        return responses.entry(message_id, view.name, found)

    def _attributes(self, view: View, chosen: list[AttributeType]) -> list[bytes]:
        found = []
        for each in chosen:
            values = view.values(each.name)
            if values:
                given = () if self._types_only else [value.encode("utf-8") for value in values]
                found.append(responses.attribute(each.octets, given))
        return found

    def _takes(self, attribute: AttributeType) -> bool:
        if attribute.kind == JPEG:
            # Of those there are many octets: never with everything, only by name.
            return self._types_only and attribute.name in self._named
        if attribute.name in self._named:
            return True
        return self._operational if attribute.operational else self._user
