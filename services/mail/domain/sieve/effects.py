"""What each command does: an action noted down, a variable set, a flag, a header field."""

import hashlib
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from chassis.errors import InvalidInput
from services.mail.domain.flags import canonical
from services.mail.domain.names import INBOX, SEPARATOR, mailbox_name
from services.mail.domain.sieve import limits, sound
from services.mail.domain.sieve.actions import Notification, Redirect, Reject, Store, Vacation
from services.mail.domain.sieve.comparators import octets_of
from services.mail.domain.sieve.matching import comparison
from services.mail.domain.sieve.notification import mailto
from services.mail.domain.sieve.run import Failed, Run
from services.mail.domain.sieve.script import Node
from services.mail.domain.sieve.text import Text

A_DAY = 24 * 3600
_ODD = re.compile(r"[%*\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def perform(run: Run, node: Node) -> None:
    """A command that is neither control nor test."""
    _COMMANDS[node.name](run, node)


def _sound(given: str, look: Callable[[str], sound.Wrong]) -> str:
    """What a variable made of an argument has to be sound as well."""
    wrong = look(given)
    if wrong is not None:
        raise Failed(*wrong)
    return given


# Where the letter goes


def _keep(run: Run, node: Node) -> None:
    _store(run, Store(flags=_flags_for(run, node), header=run.header_now()))
    run.implicit_keep = False


def _fileinto(run: Run, node: Node) -> None:
    name = _mailbox(run, node.texts(0)[0])
    use = run.optional(node.option_texts("specialuse"))
    if use:
        _sound(use, sound.special_use)
    run.implicit_keep &= "copy" in node.options
    flags = _flags_for(run, node)
    _store(run, Store("" if name == INBOX else name, flags, "create" in node.options, use, run.header_now()))


def _mailbox(run: Run, given: Text) -> str:
    """The name of a mailbox. What letters put into it by variables is made sound, as far as it can be."""
    name = run.text(given)
    if given.constant is None:
        levels = (_ODD.sub("_", level).strip() for level in name.split(SEPARATOR))
        name = SEPARATOR.join(level for level in levels if level) or INBOX
    return mailbox_name(_sound(name, sound.mailbox))


def _store(run: Run, store: Store) -> None:
    """The same mailbox a second time is the same copy, with the flags that were said last."""
    _not_rejected(run)
    for at, before in enumerate(run.stores):
        if before.mailbox == store.mailbox and before.special_use == store.special_use:
            create = before.create or store.create
            run.stores[at] = Store(store.mailbox, store.flags, create, store.special_use, before.header)
            return
    run.stores.append(store)
    run.acted()


def _discard(run: Run, _node: Node) -> None:
    run.implicit_keep = False


def _redirect(run: Run, node: Node) -> None:
    _not_rejected(run)
    address = sound.bare_address(_sound(run.text(node.texts(0)[0]), sound.address))
    run.implicit_keep &= "copy" in node.options
    if any(each.address == address for each in run.redirects):
        return
    run.redirects.append(Redirect(address, run.header_now()))
    if len(run.redirects) > limits.MAX_REDIRECTS:
        raise Failed(
            f"il y a plus de {limits.MAX_REDIRECTS} « redirect »",
            f'there are more than {limits.MAX_REDIRECTS} "redirect"',
        )
    run.acted()


def _reject(run: Run, node: Node) -> None:
    _not_rejected(run)
    if run.stores or run.redirects or run.vacation:
        raise Failed("« reject » ne va avec aucune autre action", '"reject" goes with no other action')
    run.rejection = Reject(run.text(node.texts(0)[0]))
    run.implicit_keep = False


def _not_rejected(run: Run) -> None:
    if run.rejection is not None:
        raise Failed("« reject » ne va avec aucune autre action", '"reject" goes with no other action')


# Variables (RFC 5229 §4) and flags (RFC 5232)


def _set(run: Run, node: Node) -> None:
    value = run.text(node.texts(1)[0])
    run.spend(1 + len(value) // 256)
    for modifier, change in _MODIFIERS.items():
        if modifier in node.options:
            value = change(value[: limits.MAX_VARIABLE])
    run.set(node.texts(0)[0].constant or "", value)


# By falling precedence.
_MODIFIERS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "lowerfirst": lambda value: value[:1].lower() + value[1:],
    "upperfirst": lambda value: value[:1].upper() + value[1:],
    "quotewildcard": lambda value: "".join(f"\\{each}" if each in "\\*?" else each for each in value),
    "encodeurl": lambda value: quote(octets_of(value), safe="-._~"),
    "length": lambda value: str(len(value)),
}


def _flags_of(given: Iterable[str]) -> tuple[str, ...]:
    """The flags in some strings, each once; what is no flag is left out (RFC 5232 §2)."""
    found: dict[str, str] = {}
    for text in given:
        for flag in text.split():
            try:
                sound_flags = canonical((flag,))
            except InvalidInput:
                continue
            for each in sound_flags:
                found.setdefault(each.lower(), each)
    return tuple(found.values())[:64]


def _flags_for(run: Run, node: Node) -> tuple[str, ...]:
    if "flags" in node.options:
        return _flags_of(run.texts(node.option_texts("flags")))
    return run.flags


def _change_flags(run: Run, node: Node) -> None:
    name = next((each.constant for each in node.texts(0)), None)
    before = _flags_of([run.variable(name.lower())]) if name else run.flags
    named = _flags_of(run.texts(node.texts(1)))
    run.spend(1 + len(before) + len(named))
    if node.name == "setflag":
        after = named
    elif node.name == "addflag":
        after = _flags_of((*before, *named))
    else:
        after = tuple(flag for flag in before if flag not in named)
    if name:
        run.set(name, " ".join(after))
    else:
        run.flags = after


# Who is told


def _vacation(run: Run, node: Node) -> None:
    _not_rejected(run)
    if run.vacation is not None:
        raise Failed("« vacation » ne répond qu'une fois", '"vacation" answers only once')
    reason = run.text(node.texts(0)[0])
    subject = run.optional(node.option_texts("subject"))
    sender = run.optional(node.option_texts("from"))
    if "seconds" in node.options:
        seconds = node.option_number("seconds", 0)
    else:
        seconds = max(node.option_number("days", 7), 1) * A_DAY
    told = "\0".join((reason, subject, sender, str("mime" in node.options)))
    handle = run.optional(node.option_texts("handle")) or hashlib.sha256(octets_of(told)).hexdigest()
    run.vacation = Vacation(
        reason,
        min(max(seconds, limits.MIN_VACATION_SECONDS), limits.MAX_VACATION_SECONDS),
        handle,
        subject,
        sound.bare_address(_sound(sender, sound.address)) if sender else "",
        _own(run.texts(node.option_texts("addresses"))),
        "mime" in node.options,
    )


def _own(given: Iterable[str]) -> tuple[str, ...]:
    found = []
    for each in given:
        try:
            found.append(sound.bare_address(each))
        except InvalidInput:
            continue
    return tuple(found)


def _notify(run: Run, node: Node) -> None:
    to = mailto(_sound(run.text(node.texts(0)[0]), sound.method))
    if to is None:
        return
    sender = run.optional(node.option_texts("from"))
    importance = run.optional(node.option_texts("importance")) or "2"
    run.notifications.append(
        Notification(
            to,
            run.optional(node.option_texts("message"))[: limits.MAX_VARIABLE],
            sound.bare_address(_sound(sender, sound.address)) if sender else "",
            _sound(importance, sound.importance),
        )
    )
    if len(run.notifications) > limits.MAX_NOTIFICATIONS:
        most = limits.MAX_NOTIFICATIONS
        raise Failed(f"il y a plus de {most} « notify »", f'there are more than {most} "notify"')
    run.acted()


# The letter's header (RFC 5293)


def _edited(run: Run) -> None:
    run.edits += 1
    if run.edits > limits.MAX_EDITS:
        raise Failed("l'en-tête est modifié trop souvent", "the header is edited too often")


def _addheader(run: Run, node: Node) -> None:
    name = _sound(run.text(node.texts(0)[0]), sound.field_name)
    value = run.text(node.texts(1)[0])
    _edited(run)
    run.letter.add(name, value[: limits.MAX_VARIABLE], last="last" in node.options)


def _deleteheader(run: Run, node: Node) -> None:
    name = _sound(run.text(node.texts(0)[0]), sound.field_name)
    values = run.letter.values(name)
    chosen = list(range(len(values)))
    number = node.option_number("index", 0)
    if number:
        at = len(values) - number if "last" in node.options else number - 1
        chosen = [each for each in chosen if each == at]
    patterns = run.texts(node.texts(1))
    if patterns:
        compare = comparison(node, run.spend)
        chosen = [each for each in chosen if compare.match([values[each]], patterns) is not None]
    _edited(run)
    run.letter.delete(name, set(chosen))


_COMMANDS: dict[str, Callable[[Run, Node], None]] = {
    "keep": _keep,
    "fileinto": _fileinto,
    "discard": _discard,
    "redirect": _redirect,
    "reject": _reject,
    "ereject": _reject,
    "set": _set,
    "setflag": _change_flags,
    "addflag": _change_flags,
    "removeflag": _change_flags,
    "vacation": _vacation,
    "notify": _notify,
    "addheader": _addheader,
    "deleteheader": _deleteheader,
}
