"""The codec, beside two that we did not write, and under octets that nobody should send."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.ldap.codec import responses
from services.directory.ldap.codec.ber import Malformed, TooLong, element, integer, octets, sequence, size_of
from services.directory.ldap.codec.filters import DEEPEST, MOST_ITEMS, Filter, FilterTooLarge
from services.directory.ldap.codec.requests import Bind, Control, Search, open_message, paging
from tests.directory.ldap.messages import binding, filters, operation, read, searching, written

MOST = 64 * 1024
PRESENT = octets(b"cn", 0x87)


@given(filters())
def test_a_filter_that_ldap3_sends_is_read_as_it_was_written(wanted: Filter) -> None:
    request = open_message(searching(written(wanted))).request()
    assert isinstance(request, Search)
    assert request.filter == wanted
    assert (request.base, request.scope, request.attributes) == ("dc=gouv,dc=tg", 2, ("cn",))


@given(
    number=st.integers(0, 2**31 - 1), code=st.sampled_from([0, 4, 11, 32, 49]), text=st.text(max_size=300),
    name=st.text(max_size=200), values=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    cookie=st.binary(max_size=20),
)  # fmt: skip
def test_pyasn1_reads_what_we_send(
    number: int, code: int, text: str, name: str, values: list[bytes], cookie: bytes
) -> None:
    control = responses.page_control(cookie, number)
    message, rest = read(responses.result(number, responses.SEARCH_DONE, code, text, matched=name, controls=[control]))
    done = message["protocolOp"]["searchResDone"]
    assert (int(message["messageID"]), int(done["resultCode"]), rest) == (number, code, b"")
    assert bytes(done["errorMessage"]).decode() == text
    assert bytes(done["matchedDN"]).decode() == name
    message, rest = read(responses.entry(number, name, [responses.attribute(b"cn", values)]))
    entry = message["protocolOp"]["searchResEntry"]
    assert bytes(entry["objectName"]).decode() == name
    assert [bytes(value) for value in entry["attributes"][0]["vals"]] == values


@given(st.binary(max_size=200))
def test_any_octets_are_a_message_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed, FilterTooLarge):
        size = size_of(data, MOST)
        if size is not None and size <= len(data):
            open_message(data[:size]).request()


@given(wanted=filters(), changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4))
def test_a_message_with_octets_changed_is_a_message_or_malformed(
    wanted: Filter, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(searching(written(wanted)))
    for at, octet in changes:
        data[at % len(data)] = octet
    with contextlib.suppress(Malformed, FilterTooLarge):
        open_message(bytes(data)).request()


@given(filters())
def test_a_message_cut_short_is_waited_for_or_malformed(wanted: Filter) -> None:
    data = searching(written(wanted))
    for cut in range(len(data)):
        size = size_of(data[:cut], MOST)
        assert size is None or size == len(data)
        with pytest.raises(Malformed):
            open_message(data[:cut]).request()


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x84\xff\xff\xff\xff", b"\x30\x83\x10\x00\x00",  # four gigabytes, a megabyte
    ],
)  # fmt: skip
def test_a_length_beyond_all_messages_is_refused_before_its_octets_come(data: bytes) -> None:
    with pytest.raises(TooLong):
        size_of(data, MOST)


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80", b"\x30\x88", b"\x30\xff", b"\x02\x01", b"G", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01",
    ],
)  # fmt: skip
def test_indefinite_lengths_and_other_protocols_are_refused_by_their_first_octets(data: bytes) -> None:
    with pytest.raises(Malformed):
        size_of(data, MOST)


def nested(depth: int, tag: int = 0xA2) -> bytes:
    found = PRESENT
    for _ in range(depth):
        found = element(tag, found)
    return found


def search_for(wanted: bytes) -> bytes:
    base = octets(b"") + integer(2, 0x0A) + integer(0, 0x0A) + integer(0) + integer(0) + element(1, b"\0")
    return operation(0x63, base + wanted + sequence(()))


def test_deep_and_wide_filters_are_refused() -> None:
    assert isinstance(open_message(search_for(nested(DEEPEST - 1))).request(), Search)
    for wanted in (
        nested(DEEPEST), nested(5000), nested(5000, 0xA0), element(0xA0, PRESENT * MOST_ITEMS),
        element(0xA4, octets(b"cn") + sequence([octets(b"a", 0x81)] * MOST_ITEMS)),
    ):  # fmt: skip
        with pytest.raises(FilterTooLarge):
            open_message(search_for(wanted)).request()


@pytest.mark.parametrize(
    "wanted",
    [
        b"", element(0xA2, b""), element(0xA2, PRESENT * 2), element(0xA3, octets(b"cn")), octets(b"\xff", 0x87),
        element(0xA4, octets(b"cn") + sequence(())), element(0xA9, octets(b"x", 0x83)), element(0xAA, b""),
        element(0xA4, octets(b"cn") + sequence((octets(b"a", 0x82), octets(b"b", 0x81)))),
        element(0xA4, octets(b"cn") + sequence((octets(b"a", 0x81), octets(b"b", 0x80)))),
        element(0xA4, octets(b"cn") + sequence((octets(b"", 0x81),))),
    ],
)  # fmt: skip
def test_filters_that_are_none_are_malformed(wanted: bytes) -> None:
    with pytest.raises(Malformed):
        open_message(search_for(wanted)).request()


def test_a_bind_is_read_whole_or_not_at_all() -> None:
    request = open_message(binding("agent@gouv.tg", "secret")).request()
    assert request == Bind(3, "agent@gouv.tg", "", b"secret")
    for content in (integer(3), integer(3) + octets(b"") + octets(b"x", 0x81), integer(3) + octets(b"\xff") * 2):
        with pytest.raises(Malformed):
            open_message(operation(0x60, content)).request()


def test_a_page_of_negative_size_is_none() -> None:
    assert paging(Control("", True, sequence((integer(20), octets(b"c"))))) == (20, b"c")
    for value in (b"", sequence((integer(-1), octets(b""))), sequence((integer(1),))):
        with pytest.raises(Malformed):
            paging(Control("", True, value))
