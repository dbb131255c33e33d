"""Sieve (RFC 5228 and its extensions): what an account wants done with its letters as they arrive.

    script = compile_script(source)      # raises `ScriptError`
    outcome = execute(script, Letter(trace, header, size), Envelope(sender, recipient), now, known)

`outcome` is `Actions`, or `Wanted`: something to be found out first. Nothing here does I/O.
"""

from services.mail.domain.sieve.actions import (
    Actions,
    Failure,
    Notification,
    Redirect,
    Reject,
    Store,
    Tracked,
    Vacation,
)
from services.mail.domain.sieve.check import check
from services.mail.domain.sieve.errors import Fault, ScriptError, placed
from services.mail.domain.sieve.grammar import parse
from services.mail.domain.sieve.letter import Letter
from services.mail.domain.sieve.limits import (
    MAX_BODY,
    MAX_COMMANDS,
    MAX_NESTING,
    MAX_NOTIFICATIONS,
    MAX_REDIRECTS,
    MAX_SCRIPT,
)
from services.mail.domain.sieve.machine import execute
from services.mail.domain.sieve.run import Envelope, Known, Wanted
from services.mail.domain.sieve.script import Script
from services.mail.domain.sieve.vocabulary import EXTENSIONS, NOTIFY_METHODS

__all__ = [
    "EXTENSIONS",
    "MAX_BODY",
    "MAX_COMMANDS",
    "MAX_NESTING",
    "MAX_NOTIFICATIONS",
    "MAX_REDIRECTS",
    "MAX_SCRIPT",
    "NOTIFY_METHODS",
    "Actions",
    "Envelope",
    "Failure",
    "Known",
    "Letter",
    "Notification",
    "Redirect",
    "Reject",
    "Script",
    "ScriptError",
    "Store",
    "Tracked",
    "Vacation",
    "Wanted",
    "compile_script",
    "execute",
]


def compile_script(source: bytes) -> Script:
    """A script by its octets, UTF-8. Raises `ScriptError`, and nothing else, for what is none."""
    if len(source) > MAX_SCRIPT:
        raise ScriptError(
            1, 1, f"le script dépasse {MAX_SCRIPT} octets", f"the script is longer than {MAX_SCRIPT} octets"
        )
    text = source.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        if "\0" in text or "\ufffd" in text:
            odd = min(at for at in (text.find("\0"), text.find("\ufffd")) if at >= 0)
            raise Fault(odd, "ce caractère n'est pas de l'UTF-8 lisible", "this is not readable UTF-8")
        checked = check(parse(text), text)
    except Fault as fault:
        raise placed(fault, text) from None
    return Script(source, checked.required, checked.commands)
