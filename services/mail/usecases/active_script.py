"""The script that runs for an account's letters, compiled, and read again every few seconds at most."""

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from chassis.blocking import run_blocking
from services.mail.domain.sieve import Failure, Script, ScriptError, compile_script

if TYPE_CHECKING:
    from services.mail.store import MailStore


@dataclass(frozen=True, slots=True)
class Active:
    """A script that is active; without `script` it is none any more, for the reason that `failure` says."""

    name: str
    version: int
    script: Script | None
    failure: Failure | None = None


class _Read(NamedTuple):
    until: float
    active: Active | None


@dataclass
class ActiveScripts:
    """Of the accounts that this process delivered to lately."""

    # Who changes its script waits that long for it; `forget` spares its own process the wait.
    seconds: float = 2.0
    # Accounts, and octets of scripts.
    most: int = 5_000
    most_octets: int = 8 * 1024 * 1024
    _read: dict[str, _Read] = field(default_factory=dict)
    _octets: int = 0

    async def of(self, store: "MailStore", owner: str) -> Active | None:
        """None where none is active. Raises what the store raises."""
        read = self._read.get(owner)
        if read is not None and read.until > monotonic():
            return read.active
        found = await store.scripts.active(owner)
        before = read.active if read is not None else None
        if found is None:
            active = None
        elif before is not None and before.version == found.version:
            active = before
        else:
            # The largest takes a third of a second to read: others have their turn meanwhile.
            active = await run_blocking(_compiled, found.name, found.version, found.source)
        self._octets += len(found.source) if found is not None and active is not before else 0
        if len(self._read) >= self.most or self._octets > self.most_octets:
            self._read.clear()
            self._octets = 0
        self._read[owner] = _Read(monotonic() + self.seconds, active)
        return active

    def forget(self, owner: str) -> None:
        """It was changed."""
        self._read.pop(owner, None)


def _compiled(name: str, version: int, source: bytes) -> Active:
    """What is kept was sound when it was put; what a script may be can have become less since."""
    try:
        return Active(name, version, compile_script(source))
    except ScriptError as error:
        return Active(name, version, None, Failure(error.line, error.french, error.english))
