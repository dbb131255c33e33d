"""The commands of RFC 5804 §2. Names are as the client wrote them, scripts are octets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """Any of them."""


@dataclass(frozen=True, slots=True)
class Authenticate(Command):
    mechanism: str
    # Base64 undone; None: the client waits to be challenged.
    initial: bytes | None


@dataclass(frozen=True, slots=True)
class Unauthenticate(Command):
    pass


@dataclass(frozen=True, slots=True)
class StartTls(Command):
    pass


@dataclass(frozen=True, slots=True)
class Logout(Command):
    pass


@dataclass(frozen=True, slots=True)
class Capability(Command):
    pass


@dataclass(frozen=True, slots=True)
class Noop(Command):
    tag: bytes | None


@dataclass(frozen=True, slots=True)
class HaveSpace(Command):
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class PutScript(Command):
    name: str
    script: bytes


@dataclass(frozen=True, slots=True)
class CheckScript(Command):
    script: bytes


@dataclass(frozen=True, slots=True)
class ListScripts(Command):
    pass


@dataclass(frozen=True, slots=True)
class SetActive(Command):
    # Empty: none.
    name: str


@dataclass(frozen=True, slots=True)
class GetScript(Command):
    name: str


@dataclass(frozen=True, slots=True)
class DeleteScript(Command):
    name: str


@dataclass(frozen=True, slots=True)
class RenameScript(Command):
    old: str
    new: str
