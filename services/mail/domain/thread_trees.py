"""Messages as trees of what answers what (RFC 5256 §3). No step is recursive: conversations may be of any length."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from itertools import pairwise

from services.mail.domain.message import Message
from services.mail.domain.mime.references import message_ids
from services.mail.domain.order import base_subject, is_answer, sent
from services.mail.domain.threads import known_as

# How far up a loop is looked for; below that nothing that has answers of its own is put.
DEEPEST = 500


class Algorithm(Enum):
    """How messages are put together."""

    REFERENCES = "REFERENCES"
    ORDEREDSUBJECT = "ORDEREDSUBJECT"


class Tree:
    """A message with its answers; at a root there may be none, but siblings whose parent is not there."""

    __slots__ = ("children", "message")

    def __init__(self, message: Message | None, children: "list[Tree] | None" = None) -> None:
        self.message = message
        self.children = children if children is not None else []

    @property
    def first(self) -> Message:
        """The message, or the first of the siblings."""
        message = self.message or self.children[0].message
        if message is None:
            raise LookupError("no message among siblings")
        return message


def threaded(messages: Sequence[Message], algorithm: Algorithm) -> list[Tree]:
    """The roots. `messages` ascend by number, which decides between those that were sent at once."""
    return (_by_references if algorithm is Algorithm.REFERENCES else _by_subject)(messages)


def _sent(tree: Tree) -> tuple[datetime, int]:
    return sent(tree.first), tree.first.uid


def _by_subject(messages: Sequence[Message]) -> list[Tree]:
    """The first of a subject, and all others as its answers."""
    roots: dict[str, Tree] = {}
    for message in sorted(messages, key=lambda each: (sent(each), each.uid)):
        subject = base_subject(message.subject).casefold()
        if subject in roots:
            roots[subject].children.append(Tree(message))
        else:
            roots[subject] = Tree(message)
    return list(roots.values())


class _Family:
    """Who is whose parent, of messages and of ids that only References name."""

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}
        self._children: dict[int, int] = {}

    def link(self, parent: int, child: int) -> None:
        """Unless that would make a loop."""
        if parent == child or self._above(child, parent):
            return
        self.parents[child] = parent
        self._children[parent] = self._children.get(parent, 0) + 1

    def cut(self, child: int) -> None:
        parent = self.parents.pop(child, None)
        if parent is not None:
            self._children[parent] -= 1

    def _above(self, one: int, other: int) -> bool:
        if not self._children.get(one):
            return False
        for _ in range(DEEPEST):
            higher = self.parents.get(other)
            if higher is None or higher == one:
                return higher == one
            other = higher
        return True

    def nearest(self, child: int, among: dict[int, Message], known: dict[int, int]) -> int | None:
        """The nearest one above that is a message; else the eldest of all; None for a root. `known` remembers."""
        passed: list[int] = []
        found = self.parents.get(child)
        while found is not None and found not in among:
            passed.append(found)
            higher = known.get(found, self.parents.get(found))
            if higher is None or higher == found:
                break
            found = higher
        for each in passed:
            known[each] = found if found is not None else each
        return found


def _by_references(messages: Sequence[Message]) -> list[Tree]:
    found: dict[int, Message] = {}
    family = _Family()
    for number, message in enumerate(messages):
        own = next(map(known_as, message_ids(message.rfc_message_id)), None)
        if own is None or own in found:
            own = 2**64 + number  # one that no References can name
        found[own] = message
        above = [each for each in message.references if each != own]
        for parent, child in pairwise(above):
            if child not in family.parents:
                family.link(parent, child)
        # What the message says of itself counts more than what others said (step 1 B).
        family.cut(own)
        if above:
            family.link(above[-1], own)
    roots = _gathered(_rooted(found, family))
    return _sorted(roots)


def _rooted(found: dict[int, Message], family: _Family) -> list[Tree]:
    """The trees, without those that are not there but as parents of several roots (steps 2 and 3)."""
    trees = {own: Tree(message) for own, message in found.items()}
    siblings: dict[int, Tree] = {}
    roots: list[Tree] = []
    known: dict[int, int] = {}
    for own, tree in trees.items():
        parent = family.nearest(own, found, known)
        if parent is None:
            roots.append(tree)
        elif parent in trees:
            trees[parent].children.append(tree)
        else:
            siblings.setdefault(parent, Tree(None)).children.append(tree)
    roots.extend(each if len(each.children) > 1 else each.children[0] for each in siblings.values())
    for each in roots:
        if each.message is None:
            each.children.sort(key=_sent)
    return sorted(roots, key=_sent)


def _gathered(roots: list[Tree]) -> list[Tree]:
    """Those of one subject together (step 5)."""
    table: dict[str, Tree] = {}
    for tree in roots:
        subject = _subject(tree)
        there = table.get(subject)
        if subject and (there is None or _better(tree, there)):
            table[subject] = tree
    kept: dict[int, Tree] = {}
    for tree in roots:
        subject = _subject(tree)
        there = table.get(subject, tree)
        if there is tree:
            kept[id(tree)] = tree
        elif there.message is None:
            there.children.extend([tree] if tree.message is not None else tree.children)
        elif _answers(tree) and not _answers(there):
            there.children.append(tree)
        else:
            both = Tree(None, [there, tree])
            kept.pop(id(there), None)
            kept[id(both)] = table[subject] = both
    return list(kept.values())


def _subject(tree: Tree) -> str:
    return base_subject(tree.first.subject).casefold()


def _answers(tree: Tree) -> bool:
    return is_answer(tree.first.subject)


def _better(tree: Tree, there: Tree) -> bool:
    """Whether a root stands for a subject rather than the one before it."""
    return there.message is not None and (tree.message is None or (_answers(there) and not _answers(tree)))


def _sorted(roots: list[Tree]) -> list[Tree]:
    """Siblings by when they were sent, the youngest ones first to be put in order (step 6)."""
    waiting = list(roots)
    while waiting:
        tree = waiting.pop()
        tree.children.sort(key=_sent)
        waiting.extend(tree.children)
    return sorted(roots, key=_sent)


def written(roots: Sequence[Tree], number: Callable[[Message], int]) -> bytes:
    """`(2)(3 6 (4 23)(44 7 96))`: RFC 5256 §4, thread-list."""
    pieces: list[bytes] = []
    waiting: list[Tree | bytes] = []
    for root in reversed(roots):
        waiting.extend((b")", root, b"("))
    while waiting:
        each = waiting.pop()
        if isinstance(each, bytes):
            pieces.append(each)
            continue
        if each.message is not None:
            pieces.append(b"%d" % number(each.message))
            if each.children:
                pieces.append(b" ")
        if len(each.children) == 1:
            waiting.append(each.children[0])
        else:
            for child in reversed(each.children):
                waiting.extend((b")", child, b"("))
    return b"".join(pieces)
