"""Names of mailboxes (RFC 3501 §5.1): levels between "/", INBOX in any case."""

import unicodedata

from chassis.errors import InvalidInput

SEPARATOR = "/"
INBOX = "INBOX"
MAX_CHARACTERS = 255
MAX_LEVELS = 16


def mailbox_name(given: str) -> str:
    """The canonical form of a name. Raises `InvalidInput` for one that cannot be shown, listed or matched."""
    name = unicodedata.normalize("NFC", given)
    levels = name.split(SEPARATOR)
    wrong = (
        "is empty"
        if not name
        else f"has more than {MAX_CHARACTERS} characters"
        if len(name) > MAX_CHARACTERS
        else f"has more than {MAX_LEVELS} levels"
        if len(levels) > MAX_LEVELS
        else "has an empty level, or one with spaces around it"
        if any(not level or level != level.strip() for level in levels)
        else "has characters that no name may have"
        if any(character in "%*" or unicodedata.category(character)[0] == "C" for character in name)
        else ""
    )
    if wrong:
        raise InvalidInput(f"The mailbox name {wrong}", fields={"mailbox.name": wrong})
    if levels[0].upper() == INBOX:
        levels[0] = INBOX
    return SEPARATOR.join(levels)


def above(name: str) -> list[str]:
    """Names of the mailboxes above one, outermost first."""
    levels = name.split(SEPARATOR)
    return [SEPARATOR.join(levels[:count]) for count in range(1, len(levels))]
