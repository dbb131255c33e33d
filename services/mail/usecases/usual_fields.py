"""The usual header fields of messages that have none kept: read from the messages, and kept where that may be."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator

from services.mail.domain.message import FetchRow, FetchRows, Source
from services.mail.domain.mime.usual import ELSEWHERE, UNKNOWN, kept, usual_fields
from services.mail.domain.uids import ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.sources import MOST_HEADER, header_octets, sources

# Headers that are read, and in memory, at a time.
AHEAD = 6


async def with_usual_fields(mail: Mail, owner: str, mailbox_id: str, rows: FetchRows) -> AsyncIterator[FetchRows]:
    """`rows` with the usual fields of every message, in parts where some are long; one that is gone meanwhile is left
    out.

    Of a message from before they were kept, they are from now on; what is too much for that is read each time. Raises
    `Unavailable`.
    """
    lacking = {uid: each for uid, each in zip(rows.uids, rows.usual, strict=True) if each in (ELSEWHERE, UNKNOWN)}
    if not lacking:
        yield rows
        return
    learnt: list[tuple[Source, bytes]] = []
    each, at = list(rows), 0
    async for group in _groups(sources(mail, owner, mailbox_id, ranges_of(lacking))):
        headers = await asyncio.gather(*(header_octets(mail, source, MOST_HEADER) for source in group))
        read = {source.uid: usual_fields(header) for source, header in zip(group, headers, strict=True)}
        learnt += [
            (source, kept(header[len(source.prefix) :]))
            for source, header in zip(group, headers, strict=True)
            if lacking[source.uid] == UNKNOWN
        ]
        end = bisect_right(rows.uids, group[-1].uid)
        yield _completed(each[at:end], lacking, read)
        at = end
    yield _completed(each[at:], lacking, {})
    if learnt:
        await mail.store.messages.note_usual(owner, {source.id: fields for source, fields in learnt})
        await mail.store.pages.drop(owner, mailbox_id, [source.uid for source, _ in learnt])


async def _groups(found: AsyncIterator[Source]) -> AsyncIterator[list[Source]]:
    group: list[Source] = []
    async for source in found:
        group.append(source)
        if len(group) == AHEAD:
            yield group
            group = []
    if group:
        yield group


def _completed(rows: list[FetchRow], lacking: dict[int, bytes], read: dict[int, bytes]) -> FetchRows:
    return FetchRows.of(
        [
            row._replace(usual=read[row.uid]) if row.uid in read else row
            for row in rows
            if row.uid in read or row.uid not in lacking
        ]
    )
