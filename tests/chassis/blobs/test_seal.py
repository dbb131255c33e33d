"""Sealing: what is cut, moved or exchanged does not open; any split of the input seals alike."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.blobs.seal import CHUNK, SEALED_CHUNK, Damaged, Opener, Sealer, chunk_count, sealed_size, span


def seal(key: bytes, content: bytes, pieces: list[int] | None = None) -> bytes:
    sealer, sealed, start = Sealer(key), b"", 0
    for end in [*sorted(pieces or []), len(content)]:
        sealed += sealer.feed(content[start:end])
        start = max(start, end)
    return sealed + sealer.close()


def unseal(key: bytes, size: int, sealed: bytes) -> bytes:
    opener = Opener(key, size)
    chunks = [sealed[i : i + SEALED_CHUNK] for i in range(0, len(sealed), SEALED_CHUNK)]
    return b"".join(opener.open(number, chunk) for number, chunk in enumerate(chunks))


@given(
    size=st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]),
    cuts=st.lists(st.integers(0, 3 * CHUNK), max_size=6),
)
def test_any_split_seals_and_opens_alike(size: int, cuts: list[int]) -> None:
    key, content = os.urandom(32), os.urandom(size)
    sealed = seal(key, content, [cut for cut in cuts if cut <= size])
    assert sealed == seal(key, content)
    assert len(sealed) == sealed_size(size)
    assert unseal(key, size, sealed) == content


@given(size=st.integers(1, 10 * CHUNK), data=st.data())
def test_a_span_covers_its_range_and_no_chunk_more(size: int, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, size - 1))
    length = data.draw(st.integers(1, size - offset))
    found = span(size, offset, length)
    assert found.first * CHUNK <= offset < (found.first + 1) * CHUNK
    assert found.last * CHUNK < offset + length <= (found.last + 1) * CHUNK
    assert found.start + found.octets <= sealed_size(size)
    assert found.skip == offset - found.first * CHUNK


@pytest.mark.parametrize(
    "damage",
    [
        lambda sealed: sealed[:SEALED_CHUNK] + sealed[2 * SEALED_CHUNK :],
        lambda sealed: sealed[SEALED_CHUNK : 2 * SEALED_CHUNK] + sealed[:SEALED_CHUNK] + sealed[2 * SEALED_CHUNK :],
        lambda sealed: sealed[: 2 * SEALED_CHUNK],
        lambda sealed: sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:],
        lambda sealed: sealed[:-1],
    ],
    ids=["dropped", "moved", "cut at a chunk", "flipped", "cut"],
)
@pytest.mark.parametrize("told_size", [2 * CHUNK + 10, 2 * CHUNK], ids=["whole size", "size of the rest"])
def test_damage_is_noticed(damage: object, told_size: int) -> None:
    key, content = os.urandom(32), os.urandom(2 * CHUNK + 10)
    sealed = damage(seal(key, content))  # type: ignore[operator]

    def read() -> None:
        opened = unseal(key, told_size, sealed)
        if len(opened) != told_size:  # what `BlobStore.open` refuses by length
            raise Damaged

    with pytest.raises(Damaged):
        read()
    assert chunk_count(len(content)) == 3
