"""Where a script sends letters on to."""

from collections.abc import Iterator, Sequence

from services.mail.domain.sieve import Script
from services.mail.domain.sieve.script import Node
from services.mail.domain.sieve.sound import bare_address

# In place of an address that a script makes of variables, which may be anybody's.
COMPUTED = "${...}"


def forwards(script: Script) -> frozenset[str]:
    """The addresses to which it may redirect, in lower case; `COMPUTED` among them where one depends on variables."""
    return frozenset(_redirects(script.commands))


def _redirects(commands: Sequence[Node]) -> Iterator[str]:
    for each in commands:
        if each.name == "redirect":
            yield from (_address(text.constant) for text in each.texts(0))
        yield from _redirects(each.block)


def _address(constant: str | None) -> str:
    return COMPUTED if constant is None else bare_address(constant).lower()
