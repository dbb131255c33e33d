"""What each test asks of a letter."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeVar

from services.mail.domain.names import mailbox_name
from services.mail.domain.sieve import bodies, dates, sound
from services.mail.domain.sieve.actions import Tracked
from services.mail.domain.sieve.comparators import text_of
from services.mail.domain.sieve.limits import MAX_DUPLICATE_SECONDS
from services.mail.domain.sieve.matching import comparison
from services.mail.domain.sieve.notification import mailto
from services.mail.domain.sieve.run import Run
from services.mail.domain.sieve.script import Node

T = TypeVar("T")
# What nobody said otherwise is remembered for so long (RFC 7352 §3.3).
A_WEEK = 7 * 24 * 3600


def holds(run: Run, node: Node) -> bool:
    """Whether a test is true."""
    run.spend(1)
    run.line = node.line
    return _TESTS[node.name](run, node)


def _compared(run: Run, node: Node, values: list[str], keys: int = 1) -> bool:
    return run.matched(comparison(node, run.spend).match(values, run.texts(node.texts(keys))))


def _not(run: Run, node: Node) -> bool:
    return not holds(run, node.tests[0])


def _allof(run: Run, node: Node) -> bool:
    return all(holds(run, test) for test in node.tests)


def _anyof(run: Run, node: Node) -> bool:
    return any(holds(run, test) for test in node.tests)


def _exists(run: Run, node: Node) -> bool:
    return all(run.letter.raw(name) for name in run.texts(node.texts(0)))


def _size(run: Run, node: Node) -> bool:
    if "over" in node.options:
        return run.letter.size > node.number(0)
    return run.letter.size < node.number(0)


def _indexed(node: Node, found: list[T]) -> list[T]:
    """The one that `:index` names (RFC 5260 §6), or all."""
    number = node.option_number("index", 0)
    if not number:
        return found
    at = len(found) - number if "last" in node.options else number - 1
    return [found[at]] if 0 <= at < len(found) else []


def _header(run: Run, node: Node) -> bool:
    names = run.texts(node.texts(0))
    return _compared(run, node, [value for name in names for value in _indexed(node, run.letter.values(name))])


def _part(node: Node, local: str, domain: str) -> list[str]:
    """The part of an address that the test looks at; none when it has no such part (RFC 5233 §4)."""
    user, plus, detail = local.partition("+")
    if "localpart" in node.options:
        return [local]
    if "domain" in node.options:
        return [domain]
    if "user" in node.options:
        return [user]
    if "detail" in node.options:
        return [detail] if plus else []
    return [f"{local}@{domain}" if domain else local]


def _address(run: Run, node: Node) -> bool:
    values: list[str] = []
    for name in run.texts(node.texts(0)):
        if sound.address_field(name) is not None:
            continue
        for mailboxes in _indexed(node, run.letter.addresses(name)):
            for mailbox in mailboxes:
                values += _part(node, text_of(mailbox.local or b""), text_of(mailbox.host or b""))
    return _compared(run, node, values)


def _envelope(run: Run, node: Node) -> bool:
    values: list[str] = []
    for name in run.texts(node.texts(0)):
        address = {"from": run.envelope.sender, "to": run.envelope.recipient}.get(name.lower())
        if address is not None:
            local, _, domain = address.rpartition("@")
            # The null sender is empty whatever part is asked for (RFC 5228 §5.4).
            values += _part(node, local, domain) if address else [""]
    return _compared(run, node, values)


def _string(run: Run, node: Node) -> bool:
    values = run.texts(node.texts(0))
    if "count" in node.options:  # empty strings do not count (RFC 5229 §5)
        values = [value for value in values if value]
    return _compared(run, node, values)


def _hasflag(run: Run, node: Node) -> bool:
    named = [each.constant or "" for each in node.texts(0)]
    flags = [flag for name in named for flag in run.variable(name.lower()).split()] if named else [*run.flags]
    keys = [flag for key in run.texts(node.texts(1)) for flag in (key.split() or [key])]
    return run.matched(comparison(node, run.spend).match(flags, keys))


def _date(run: Run, node: Node) -> bool:
    name, wanted = run.text(node.texts(0)[0]), run.text(node.texts(1)[0])
    moments = [dates.read(value) for value in _indexed(node, run.letter.raw(name))[:1]]
    values = []
    for moment in moments:
        if moment is not None:
            shown = moment if "originalzone" in node.options else moment.astimezone(_zone(run, node))
            values.append(_date_part(shown, wanted))
    return _compared(run, node, [value for value in values if value], 2)


def _currentdate(run: Run, node: Node) -> bool:
    wanted = run.text(node.texts(0)[0])
    value = _date_part(run.now.astimezone(_zone(run, node)), wanted)
    return _compared(run, node, [value] if value else [])


def _zone(run: Run, node: Node) -> timezone:
    written = run.optional(node.option_texts("zone"))
    return dates.zone_of(written) if written and sound.zone(written) is None else dates.LOCAL


def _date_part(moment: datetime, name: str) -> str:
    return dates.part(moment, name) if sound.date_part(name) is None else ""


def _body(run: Run, node: Node) -> bool:
    body = run.body()
    run.spend(1 + len(body) // 256)
    if "raw" in node.options:
        return _compared(run, node, bodies.raw(body), 0)
    source = run.letter.source(body)
    if "content" in node.options:
        return _compared(run, node, bodies.contents(source, run.texts(node.option_texts("content"))), 0)
    return _compared(run, node, bodies.texts(source), 0)


def _mailboxexists(run: Run, node: Node) -> bool:
    there = run.mailboxes()
    return all(sound.mailbox(name) is None and mailbox_name(name) in there for name in run.texts(node.texts(0)))


def _specialuse_exists(run: Run, node: Node) -> bool:
    there = run.mailboxes()
    named = [mailbox_name(name) for name in run.texts(node.texts(0)) if sound.mailbox(name) is None]
    uses = {use.lower() for name, use in there.items() if not node.texts(0) or name in named}
    return all(wanted.lower() in uses for wanted in run.texts(node.texts(1)))


def _duplicate(run: Run, node: Node) -> bool:
    name = run.optional(node.option_texts("header")) or "message-id"
    if "uniqueid" in node.options:
        identity = run.optional(node.option_texts("uniqueid"))
    else:
        identity = next(iter(run.letter.values(name)), "")
    if not identity:
        return False
    key = "\0".join((run.optional(node.option_texts("handle")), identity))
    seen = run.seen(key)
    seconds = min(node.option_number("seconds", A_WEEK), MAX_DUPLICATE_SECONDS)
    if not seen or "last" in node.options:
        run.tracked.setdefault(key, Tracked(key, seconds, seen))
    return seen


def _environment(run: Run, node: Node) -> bool:
    value = run.known.environment.get(run.text(node.texts(0)[0]).lower())
    return value is not None and _compared(run, node, [value])


def _valid_notify_method(run: Run, node: Node) -> bool:
    return all(mailto(uri) is not None for uri in run.texts(node.texts(0)))


def _notify_method_capability(run: Run, node: Node) -> bool:
    """Whether somebody reads a letter just now is not known (RFC 5436 §2.2)."""
    uri, capability = run.text(node.texts(0)[0]), run.text(node.texts(1)[0])
    return mailto(uri) is not None and capability.lower() == "online" and _compared(run, node, ["maybe"], 2)


_TESTS: dict[str, Callable[[Run, Node], bool]] = {
    "true": lambda _run, _node: True,
    "false": lambda _run, _node: False,
    "not": _not,
    "allof": _allof,
    "anyof": _anyof,
    "exists": _exists,
    "size": _size,
    "header": _header,
    "address": _address,
    "envelope": _envelope,
    "string": _string,
    "hasflag": _hasflag,
    "date": _date,
    "currentdate": _currentdate,
    "body": _body,
    "mailboxexists": _mailboxexists,
    "specialuse_exists": _specialuse_exists,
    "duplicate": _duplicate,
    "environment": _environment,
    "valid_notify_method": _valid_notify_method,
    "notify_method_capability": _notify_method_capability,
}
