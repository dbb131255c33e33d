"""A client that does what it is told knows the same messages by the same numbers as the server."""

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.domain.message import Changes, FlagRow, View
from services.mail.domain.uids import ranges_of
from services.mail.imap.selected import Selected

STEP = st.tuples(
    st.integers(0, 3),  # messages that come
    st.sets(st.integers(0, 12), max_size=4),  # places of messages that go
    st.sets(st.integers(0, 12), max_size=4),  # places of messages whose flags change
    st.booleans(),  # whether expunges may be told
    st.booleans(),  # whether the store still knows the expunges
)


def view_of(rows: dict[int, FlagRow], uid_next: int, modseq: int) -> View:
    present = [rows[uid] for uid in sorted(rows)]
    return View(
        uid_validity=1,
        uid_next=uid_next,
        modseq=modseq,
        uids=array("I", [row.uid for row in present]),
        flags=[row.flags for row in present],
        modseqs=array("Q", [row.modseq for row in present]),
    )


@given(st.integers(0, 8), st.lists(STEP, max_size=12))
@settings(max_examples=300, deadline=None)
def test_numbers_stay_in_step(initial: int, steps: list[tuple[int, set[int], set[int], bool, bool]]) -> None:
    rows = {uid: FlagRow(uid, (), 1) for uid in range(1, initial + 1)}
    uid_next, modseq = initial + 1, 1
    selected = Selected("m", view_of(rows, uid_next, modseq), read_only=False, owner="a")
    client: list[int] = sorted(rows)  # UIDs by number; 0 where the client has yet to ask
    flags: dict[int, tuple[str, ...]] = dict.fromkeys(client, ())
    for come, go, change, expunges, remembered in [*steps, (0, set(), set(), True, True)]:
        modseq += 1
        alive = sorted(rows)
        gone = [uid for place, uid in enumerate(alive) if place in go]
        for uid in gone:
            del rows[uid]
        changed = [uid for place, uid in enumerate(alive) if place in change and uid in rows]
        for uid in [*changed, *range(uid_next, uid_next + come)]:
            rows[uid] = FlagRow(uid, (f"k{modseq}",), modseq)
        uid_next += come
        if remembered:
            told = [rows[uid] for uid in sorted(rows) if rows[uid].modseq == modseq]
            changes = Changes(modseq, uid_next, told, ranges_of(gone))
        else:
            changes = selected.compared(view_of(rows, uid_next, modseq))
        news = selected.apply(changes, expunges=expunges)
        assert expunges or not news.expunged
        for number in news.expunged:
            del client[number - 1]
        if news.exists is not None:
            assert news.exists > len(client)
            client += [0] * (news.exists - len(client))
        for place in news.changed:
            flags[selected.uids[place]] = selected.flags[place]
        assert len(client) == len(selected)
        assert all(known in (0, uid) for known, uid in zip(client, selected.uids, strict=True))
        for number, uid in enumerate(selected.uids, 1):
            if not client[number - 1]:
                client[number - 1] = uid
                flags[uid] = selected.flags[number - 1]
    assert client == sorted(rows)
    assert all(flags[uid] == rows[uid].flags for uid in rows)
