"""Conversations of a mailbox, the latest first."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from chassis.errors import Forbidden, NotFound
from services.mail.domain.flags import SEEN
from services.mail.domain.message import Message
from services.mail.domain.mime import Address
from services.mail.domain.rights import READ
from services.mail.usecases.access import open_mailbox
from services.mail.usecases.context import Mail
from services.mail.usecases.list_messages import list_messages
from services.mail.usecases.threads import thread

# Messages of all conversations of a page that are looked at; automata may make one that never ends.
MOST_MESSAGES, MOST_PEOPLE = 5_000, 10
# Pages of messages that one page of conversations takes, at most.
MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Conversation:
    """`newest` is that of the mailbox; the numbers are of all that whoever asks may read."""

    newest: Message
    messages: int
    unseen: int
    people: list[Address]


@dataclass(frozen=True, slots=True)
class ConversationPage:
    conversations: list[Conversation]
    below: int | None


async def list_conversations(
    mail: Mail, actor: str, owner: str, mailbox_id: str, *, count: int, below: int | None = None
) -> ConversationPage:
    """The `count` latest, or fewer where there are few in many messages, each where its newest message in the mailbox
    stands. Raises `NotFound` (mailbox).

    A page follows from the UID below which it begins and nothing else: a conversation that has a newer message above
    was on an earlier one.
    """
    found: list[Conversation] = []
    for _ in range(MOST_ROUNDS):
        page = await list_messages(mail, owner, mailbox_id, count=count, below=below)
        relatives = await _relatives(mail, actor, owner, page.messages)
        for one in page.messages:
            others = relatives.get(one.thread_id) or [one]
            if any(each.mailbox_id == mailbox_id and each.uid > one.uid for each in others):
                continue
            found.append(_conversation(one, others))
            if len(found) == count:
                more = page.below is not None or one is not page.messages[-1]
                return ConversationPage(found, one.uid if more else None)
        if page.below is None:
            return ConversationPage(found, None)
        below = page.below
    return ConversationPage(found, below)


async def conversation(mail: Mail, actor: str, owner: str, thread_id: str) -> list[Message]:
    """Its messages in the mailboxes that `actor` may read, the oldest first. Raises `NotFound`."""
    found = await _readable(mail, actor, owner, await thread(mail, owner, thread_id))
    if not found:
        raise NotFound("No such conversation")
    return found


async def _relatives(mail: Mail, actor: str, owner: str, messages: Sequence[Message]) -> dict[str, list[Message]]:
    threads = list(dict.fromkeys(each.thread_id for each in messages))
    found: dict[str, list[Message]] = defaultdict(list)
    others = await mail.store.messages.of_threads(owner, threads, MOST_MESSAGES)
    for each in await _readable(mail, actor, owner, others):
        found[each.thread_id].append(each)
    return found


async def _readable(mail: Mail, actor: str, owner: str, messages: Sequence[Message]) -> list[Message]:
    """Mailboxes are shared one by one; a conversation goes through all."""
    if actor == owner:
        return list(messages)
    open_ones = set()
    for mailbox_id in {each.mailbox_id for each in messages}:
        with suppress(NotFound, Forbidden):
            open_ones.add((await open_mailbox(mail, actor, owner, mailbox_id, READ)).id)
    return [each for each in messages if each.mailbox_id in open_ones]


def _conversation(newest: Message, others: Sequence[Message]) -> Conversation:
    latest = sorted(others, key=lambda each: each.internal_date, reverse=True)
    people = {author.address.lower(): author for each in reversed(latest) for author in each.from_}
    order = dict.fromkeys(author.address.lower() for each in latest for author in each.from_)
    unseen = sum(SEEN not in each.flags for each in others)
    return Conversation(newest, len(others), unseen, [people[address] for address in order][:MOST_PEOPLE])
