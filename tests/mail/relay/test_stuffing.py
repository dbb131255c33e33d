"""What leaves by DATA comes back the same from a strict reader, however it is cut."""

from hypothesis import given
from hypothesis import strategies as st

from services.mail.relay.stuffing import Stuffer
from services.mail.smtp.codec.data import DataDecoder

OCTETS = st.lists(st.sampled_from([b".", b"\r\n", b"\r", b"\n", b"a", b"\r\n.", b"\r\n.\r\n"]), max_size=30).map(
    b"".join
)


@given(octets=OCTETS, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_any_octets_survive_and_end_once(octets: bytes, cuts: list[int]) -> None:
    stuffer, wire, start = Stuffer(), b"", 0
    for end in [*sorted(cut for cut in cuts if cut <= len(octets)), len(octets)]:
        wire += stuffer.feed(octets[start:end])
        start = max(start, end)
    wire += stuffer.close()
    reader = DataDecoder()
    content = reader.feed(wire + b".\r\n")
    assert reader.ended
    assert reader.rest == b""
    whole, alone = Stuffer(), DataDecoder()
    assert content == alone.feed(whole.feed(octets) + whole.close() + b".\r\n")
    assert content == b"" or content.endswith(b"\r\n")
    if b"\r" not in octets and b"\n" not in octets:
        assert content == (octets + b"\r\n" if octets else b"")
