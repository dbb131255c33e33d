"""An account's Sieve scripts as it keeps them: by name, at most one of them active (RFC 5804 §1.4)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed, TooLarge
from services.mail.domain.rules import Rules
from services.mail.domain.sieve import MAX_SCRIPT

MOST = 20
# Octets of all scripts of an account; they are one document.
TOGETHER = 1024 * 1024
MAX_NAME = 128
# The script that the simple rules are compiled to; only they change it.
MANAGED = "workspace"
# Line ends that no control character is (RFC 5804 §1.6).
_LINE_ENDS = frozenset("\u2028\u2029")


class TooManyScripts(TooLarge):
    title = "Too many scripts"


class NoRoomForScript(TooLarge):
    title = "No room for so large a script"


class ScriptActive(PreconditionFailed):
    title = "The script is active"


class ManagedScript(Forbidden):
    title = "This script is made from the rules; change these, or copy it under another name"


class OwnScriptActive(PreconditionFailed):
    """Rules would take the place of a script that their owner wrote. `fields`: `active_script`, its name."""

    title = "A script of your own is active, in whose place the rules would come"


@dataclass(frozen=True, slots=True)
class Scripts:
    """All of one account. `version` counts its changes; `active` is empty when none is; `rules` are the simple ones, of
    which the script `MANAGED` is made."""

    version: int = 0
    active: str = ""
    sources: Mapping[str, bytes] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    def source(self, name: str) -> bytes:
        """Raises `NotFound`."""
        try:
            return self.sources[name]
        except KeyError:
            raise NotFound("No such script") from None

    def room_for(self, name: str, size: int) -> None:
        """Raises `TooManyScripts`, `NoRoomForScript`: a script of that size would not be taken."""
        if size > MAX_SCRIPT:
            raise NoRoomForScript(f"A script has at most {MAX_SCRIPT} octets")
        others = {other: len(source) for other, source in self.sources.items() if other not in {name, MANAGED}}
        if name != MANAGED and len(others) >= MOST:
            raise TooManyScripts(f"An account has at most {MOST} scripts")
        if sum(others.values()) + size > TOGETHER:
            raise NoRoomForScript(f"The scripts of an account have at most {TOGETHER} octets together")

    def put(self, name: str, source: bytes) -> "Scripts":
        """With a script, new or changed; one that is active stays so. Raises `TooManyScripts`, `NoRoomForScript`."""
        self.room_for(name, len(source))
        return replace(self, sources={**self.sources, name: source})

    def with_rules(self, rules: Rules, source: bytes, *, replace_active: bool) -> "Scripts":
        """With the rules, and the script that is made of them. It becomes the active one; where a script of the
        account's own is, only if that may be replaced, or if the rules do nothing.

        Raises `OwnScriptActive`, `NoRoomForScript`.
        """
        own = self.active not in {"", MANAGED}
        if own and not replace_active and not rules.empty:
            raise OwnScriptActive(fields={"active_script": self.active})
        kept = replace(self.put(MANAGED, source), rules=replace(rules, version=self.rules.version + 1))
        return kept if own and not replace_active else kept.activate(MANAGED)

    def activate(self, name: str) -> "Scripts":
        """With another one active, or none for the empty name. Raises `NotFound`."""
        if name:
            self.source(name)
        return replace(self, active=name)

    def delete(self, name: str) -> "Scripts":
        """Raises `NotFound`, `ScriptActive`."""
        self.source(name)
        if name == self.active:
            raise ScriptActive("An active script is not deleted; make another one active, or none")
        return replace(self, sources={other: source for other, source in self.sources.items() if other != name})

    def rename(self, old: str, new: str) -> "Scripts":
        """An active one stays active. Raises `NotFound`, `AlreadyExists`."""
        self.source(old)
        if new in self.sources:
            raise AlreadyExists("There is a script of that name")
        sources = {new if name == old else name: source for name, source in self.sources.items()}
        return replace(self, active=new if old == self.active else self.active, sources=sources)


def script_name(given: str) -> str:
    """The canonical form of a name (RFC 5804 §1.6). Raises `InvalidInput`."""
    name = unicodedata.normalize("NFC", given)
    wrong = (
        "is empty"
        if not name
        else f"has more than {MAX_NAME} characters"
        if len(name) > MAX_NAME
        else "has characters that no name may have"
        if any(unicodedata.category(character)[0] == "C" or character in _LINE_ENDS for character in name)
        else ""
    )
    if wrong:
        raise InvalidInput(f"The script's name {wrong}", fields={"script.name": wrong})
    return name


def own_name(given: str) -> str:
    """The name of a script that its owner writes. Raises `InvalidInput`, `ManagedScript`."""
    name = script_name(given)
    if name == MANAGED:
        raise ManagedScript
    return name
