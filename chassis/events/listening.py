"""How a service says what it hears: declarations only, so that a service's `events.py` imports no framework.

`chassis.events.WorkerPart` makes a nameko service of a listener and hosts it.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from google.protobuf.message import Message

from chassis.events.contracts import Contract, contract_of
from chassis.events.outbox import Fact

Method = TypeVar("Method", bound=Callable[..., Awaitable[Any]])

PREFETCH = 10


@dataclass(frozen=True)
class Hearing:
    """A handler's subscription: `async def handler(self, fact, envelope)`."""

    contracts: tuple[Contract, ...]
    prefetch: int
    idempotent: bool
    announced: bool


@dataclass(frozen=True)
class Round:
    """A leased timer: `async def method(self)`, in one worker of the service at a time."""

    seconds: float


@dataclass(frozen=True)
class Announcing:
    """A source of present state: `async def page(self, after, limit) -> (facts, next)`, `next` empty at the end."""

    contracts: tuple[Contract, ...]


Page = tuple[list[Fact], str]


def hears(
    *facts: type[Message], prefetch: int = PREFETCH, idempotent: bool = False, announced: bool = False
) -> Callable[[Method], Method]:
    """Run this method for each of these facts, at least once; a failure is kept and tried again.

    The queue is `<listener's name>.<method's name>`. A fact that was handled is remembered by its envelope id, so that
    it is not handled again; `idempotent=True` says that handling it again does no harm, and saves remembering it.
    `announced=True` asks the facts' owner, once, to announce its present state to this queue.
    """
    hearing = Hearing(tuple(contract_of(fact) for fact in facts), prefetch, idempotent, announced)
    return _declaring(hearing)


def every(seconds: float) -> Callable[[Method], Method]:
    """Run this method every so many seconds, in one worker at a time."""
    return _declaring(Round(seconds))


def announces(*facts: type[Message]) -> Callable[[Method], Method]:
    """This method gives the present state as these facts, page by page, for services that start to listen later."""
    return _declaring(Announcing(tuple(contract_of(fact) for fact in facts)))


def _declaring(declaration: Hearing | Round | Announcing) -> Callable[[Method], Method]:
    def declare(method: Method) -> Method:
        cast(Any, method).declaration = declaration
        return method

    return declare


class Listener:
    """What a service does when facts or time tell it to. `name` is the service's own; bootstraps make the instance."""

    name: str

    def declared(self) -> Iterator[tuple[str, Hearing | Round | Announcing]]:
        """Each declared method's name with what was declared of it."""
        for name, method in inspect.getmembers(type(self), inspect.isfunction):
            declaration = getattr(method, "declaration", None)
            if declaration is not None:
                yield name, declaration

    def queue_of(self, method: str) -> str:
        return f"{self.name}.{method}"
