"""The usual header fields of messages that have none kept: read from the messages, and kept where that may be."""

import asyncio

from services.mail.domain.message import FetchRow, FetchRows, Source
from services.mail.domain.mime.usual import ELSEWHERE, UNKNOWN, kept, usual_fields
from services.mail.domain.uids import ranges_of
from services.mail.usecases.context import Mail
from services.mail.usecases.sources import picked_header, sources

# Headers that are read at a time.
AHEAD = 6


async def with_usual_fields(mail: Mail, owner: str, mailbox_id: str, rows: FetchRows) -> FetchRows:
    """`rows` with the usual fields of every message; one that is gone meanwhile is left out.

    Of a message from before they were kept, they are from now on; what is too much for that is read each time. Raises
    `Unavailable`.
    """
    lacking = {uid: each for uid, each in zip(rows.uids, rows.usual, strict=True) if each in (ELSEWHERE, UNKNOWN)}
    if not lacking:
        return rows
    found = [source async for source in sources(mail, owner, mailbox_id, ranges_of(lacking))]
    read: dict[int, bytes] = {}
    learnt: list[tuple[Source, bytes]] = []
    for start in range(0, len(found), AHEAD):
        some = found[start : start + AHEAD]
        for source, header in zip(
            some, await asyncio.gather(*(picked_header(mail, each) for each in some)), strict=True
        ):
            read[source.uid] = usual_fields(header)
            if lacking[source.uid] == UNKNOWN:
                learnt.append((source, kept(header[len(source.prefix) :])))
    if learnt:
        await mail.store.messages.note_usual(owner, {source.id: fields for source, fields in learnt})
        await mail.store.pages.drop(owner, mailbox_id, [source.uid for source, _ in learnt])
    return FetchRows.of([_with(row, read) for row in rows if row.uid not in lacking or row.uid in read])


def _with(row: FetchRow, read: dict[int, bytes]) -> FetchRow:
    return row._replace(usual=read[row.uid]) if row.uid in read else row
