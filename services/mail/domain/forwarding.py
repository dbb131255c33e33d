"""Whom else than its owner a script tells of letters."""

from collections.abc import Iterator, Sequence

from services.mail.domain.sieve import Script
from services.mail.domain.sieve.notification import mailto
from services.mail.domain.sieve.script import Node
from services.mail.domain.sieve.sound import bare_address

# In place of an address that a script makes of variables, which may be anybody's.
COMPUTED = "${...}"


def forwards(script: Script) -> frozenset[str]:
    """The addresses to which it may redirect letters, or write that one came (`notify`), in lower case; `COMPUTED` is
    among them where one depends on variables."""
    return frozenset(_addresses(script.commands))


def _addresses(commands: Sequence[Node]) -> Iterator[str]:
    for each in commands:
        if each.name in {"redirect", "notify"}:
            for text in each.texts(0):
                yield from _named(each.name, text.constant)
        yield from _addresses(each.block)


def _named(command: str, constant: str | None) -> Sequence[str]:
    if constant is None:
        return (COMPUTED,)
    if command == "redirect":
        return (bare_address(constant).lower(),)
    told = mailto(constant)
    return told.addresses if told is not None else ()
