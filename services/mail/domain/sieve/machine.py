"""Run a script over a letter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.mail.domain.sieve.actions import Actions, Store
from services.mail.domain.sieve.conditions import holds
from services.mail.domain.sieve.effects import perform
from services.mail.domain.sieve.letter import Letter
from services.mail.domain.sieve.run import Asks, Envelope, Failed, Known, Run, Wanted
from services.mail.domain.sieve.script import Node, Script

_NOTHING_KNOWN = Known()


def execute(
    script: Script, letter: Letter, envelope: Envelope, now: datetime, known: Known = _NOTHING_KNOWN
) -> Actions | Wanted:
    """What the script wants done, or what has to be found out first: then run it again, with a fresh letter.

    Never fails: what goes wrong in the script is told in the `failure` of actions that keep the letter.
    """
    run = Run(letter, envelope, now, known, "variables" in script.required)
    try:
        _block(run, script.commands)
        if run.implicit_keep:
            _keep_implicitly(run)
    except Asks as asks:
        return replace(asks.wanted, steps=run.steps)
    except Failed as failed:
        return Actions(stores=(Store(),), failure=run.failure(failed), steps=run.steps)
    return Actions(
        stores=tuple(run.stores),
        redirects=tuple(run.redirects),
        rejection=run.rejection,
        vacation=run.vacation,
        notifications=tuple(run.notifications),
        tracked=tuple(run.tracked.values()),
        steps=run.steps,
    )


def _keep_implicitly(run: Run) -> None:
    """RFC 5228 §2.10.2; with the flags and the header that the script leaves behind."""
    if not any(store.mailbox == "" and not store.special_use for store in run.stores):
        run.stores.append(Store(flags=run.flags, header=run.header_now()))


def _block(run: Run, commands: Sequence[Node]) -> bool:
    """Whether the script goes on after it."""
    done = False
    for node in commands:
        run.spend(1)
        run.line = node.line
        match node.name:
            case "stop":
                return False
            case "if" | "elsif" | "else":
                if node.name == "if":
                    done = False
                if done or (node.tests and not holds(run, node.tests[0])):
                    continue
                done = True
                if not _block(run, node.block):
                    return False
            case _:
                perform(run, node)
    return True
