"""Which attributes of an entry are answered (RFC 4511 §4.5.1.8), and their octets."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from services.directory.ldap.codec import responses
from services.directory.ldap.schema import JPEG, AttributeType, known
from services.directory.ldap.views import View

PHOTO = "jpegPhoto"
ALL, ALL_OPERATIONAL, NONE = "*", "+", "1.1"
# Programs ask for the same attributes all day.
_REMEMBERED = 256


class Selection:
    """What a search wants of each entry; nothing named is everything but what is operational."""

    def __init__(self, wanted: Sequence[str], *, types_only: bool = False) -> None:
        self._user = not wanted or ALL in wanted
        self._operational = ALL_OPERATIONAL in wanted
        self._named = frozenset(attribute.name for name in wanted if (attribute := known(name)) is not None)
        self._types_only = types_only
        # Whether photos are wanted, which are read one by one.
        self.photos = PHOTO in self._named and not types_only

    def octets(self, message_id: int, view: View, photo: bytes = b"") -> bytes:
        """The entry as it is sent, with its photo where that was read."""
        chosen = _chosen(view.attributes, self._named, self._user, self._operational, self._types_only)
        found = self._attributes(view, chosen)
        if photo:
            found.append(responses.attribute(PHOTO.encode("ascii"), [photo]))
        return responses.entry(message_id, view.name, found)

    def _attributes(self, view: View, chosen: Iterable[AttributeType]) -> list[bytes]:
        found = []
        for each in chosen:
            values = view.values(each.name)
            if values:
                given = () if self._types_only else [value.encode("utf-8") for value in values]
                found.append(responses.attribute(each.octets, given))
        return found


@lru_cache(_REMEMBERED)
def _chosen(
    listed: tuple[str, ...], named: frozenset[str], user: bool, operational: bool, types_only: bool
) -> tuple[AttributeType, ...]:
    """Those of the attributes that entries of one kind may have that are wanted."""

    def takes(attribute: AttributeType) -> bool:
        if attribute.kind == JPEG:
            # Of those there are many octets: never with everything, only by name.
            return types_only and attribute.name in named
        if attribute.name in named:
            return True
        return operational if attribute.operational else user

    return tuple(each for name in listed if (each := known(name)) and takes(each))
