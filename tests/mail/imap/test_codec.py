"""The codec alone: what it reads is what was written, and nothing that comes in raises anything else than it says."""

import contextlib
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.domain.flags import FlagAction
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.order import By, Criterion
from services.mail.domain.search import (
    Age,
    And,
    Body,
    HasFlag,
    Header,
    Id,
    ModSeq,
    Not,
    Received,
    Saved,
    Sent,
    Size,
    Text,
)
from services.mail.domain.thread_trees import Algorithm
from services.mail.imap.codec import (
    BEFORE_LOGIN,
    BadSyntax,
    CommandReader,
    Line,
    Literal,
    TooLong,
    before_message,
    between_messages,
    metadata,
    parse,
)
from services.mail.imap.codec import commands as verbs
from services.mail.imap.codec.client import serialised
from services.mail.imap.codec.search_keys import All, Either, Numbers, Without
from services.mail.imap.codec.sequences import LARGEST, SequenceSet, sequence_set, written

TAG = st.from_regex(r"[A-Za-z0-9.]{1,8}", fullmatch=True)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
NAME = st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=12)
MAILBOX = NAME.map(lambda name: name.removesuffix("/"))
FLAG = st.from_regex(r"\\?[A-Za-z$]{1,10}", fullmatch=True)
NUMBER = st.integers(1, LARGEST)
SET = st.lists(
    st.one_of(
        NUMBER.map(str),
        st.just("*"),
        st.tuples(NUMBER, NUMBER).map(lambda pair: f"{pair[0]}:{pair[1]}"),
        NUMBER.map(lambda number: f"{number}:*"),
        NUMBER.map(lambda number: f"*:{number}"),
    ),
    min_size=1,
    max_size=6,
).map(lambda items: sequence_set(",".join(items).encode())) | st.just(SequenceSet((), saved=True))
MODSEQ = st.integers(0, 2**63 - 1)
DAY = st.dates(date(1900, 1, 1), date(2199, 12, 31))
ZONE = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)) if minutes else UTC)
MOMENT = st.builds(
    lambda day, second, zone: datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=second),
    DAY, st.integers(0, 86_399), ZONE,
)  # fmt: skip

LEAF_KEY = st.one_of(
    st.just(And(())),
    st.sampled_from(["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"]).map(HasFlag),
    st.sampled_from(["\\Seen", "\\Draft"]).map(lambda flag: Not(HasFlag(flag))),
    st.from_regex(r"[a-z]{1,8}", fullmatch=True).map(HasFlag),
    st.builds(Header, st.from_regex(r"[A-Za-z-]{1,10}", fullmatch=True), TEXT),
    st.builds(Body, TEXT),
    st.builds(Text, TEXT),
    st.builds(ModSeq, MODSEQ),
    st.builds(Size, larger=NUMBER),
    st.builds(Size, smaller=NUMBER),
    st.builds(Age, older=NUMBER),
    st.builds(Age, younger=NUMBER),
    st.builds(Received, since=DAY),
    st.builds(Sent, before=DAY),
    st.builds(Saved, since=DAY),
    st.builds(Id, email=st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True)),
    st.builds(Id, thread=st.from_regex(r"[A-Za-z0-9_-]{1,30}", fullmatch=True)),
    st.builds(Numbers, SET, st.booleans()),
)
KEY = st.recursive(
    LEAF_KEY,
    lambda keys: st.one_of(
        st.lists(keys, min_size=2, max_size=3).map(lambda found: All(tuple(found))),
        st.tuples(keys, keys).map(Either),
        keys.map(Without),
    ),
    max_leaves=8,
)


def _section(path: tuple[int, ...], what: str, peek: bool, partial: tuple[int, int] | None) -> verbs.Section:
    fields = (b"From", b"X-A") if what.startswith("HEADER.") else ()
    if what == "MIME" and not path:
        what = "TEXT"
    words = ".".join([*map(str, path), *([what] if what else [])]).encode()
    label = b"BODY[%b%b]" % (words, b" (From X-A)" if fields else b"")
    return verbs.Section(label, path, what, fields, peek, partial)


SECTION = st.builds(
    _section,
    st.lists(st.integers(1, 9), max_size=3).map(tuple),
    st.sampled_from(["", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"]),
    st.booleans(),
    st.none() | st.tuples(st.integers(0, 10**9), st.integers(1, 10**9)),
)
PATH = st.lists(st.integers(1, 9), max_size=3).map(tuple)
PARTIAL = st.none() | st.tuples(st.integers(0, 10**9), st.integers(1, 10**9))
BINARY = st.one_of(
    st.builds(verbs.Binary, PATH, st.booleans(), PARTIAL),
    PATH.map(lambda path: verbs.Binary(path, peek=True, size=True)),
)
ITEM = st.one_of(st.sampled_from(verbs.Item), SECTION, BINARY)
ITEMS = st.lists(ITEM, min_size=1, max_size=5, unique=True).map(tuple)
FLAGS = st.lists(FLAG, max_size=4).map(tuple)
OPTIONS = st.frozensets(st.sampled_from(["SUBSCRIBED", "SPECIAL-USE"]))

ENTRY = st.from_regex(r"/(private|shared)(/[a-z0-9.&~-]{1,8}){1,3}", fullmatch=True)
KNOWN = st.lists(NUMBER.map(str), min_size=1, max_size=4).map(lambda items: sequence_set(",".join(items).encode()))
ORDER = st.builds(Criterion, st.sampled_from(By), st.booleans())
RESYNC = st.builds(verbs.Resync, NUMBER, MODSEQ, st.none() | KNOWN)

COMMAND = st.one_of(
    *(
        st.builds(kind, TAG)
        for kind in (
            *(verbs.Capability, verbs.Noop, verbs.Logout, verbs.StartTls, verbs.Namespace),
            *(verbs.Check, verbs.Close, verbs.Unselect, verbs.Idle, verbs.Expunge),
        )
    ),
    st.builds(verbs.Login, TAG, TEXT, TEXT),
    st.builds(verbs.Authenticate, TAG, st.sampled_from(["PLAIN", "OAUTHBEARER"]), st.none() | st.binary(max_size=30)),
    st.builds(verbs.Id, TAG, st.lists(st.tuples(TEXT, st.none() | TEXT), max_size=3).map(tuple)),
    st.builds(verbs.Enable, TAG, st.lists(st.just("CONDSTORE"), min_size=1, max_size=3).map(tuple)),
    st.builds(verbs.Select, TAG, MAILBOX, st.booleans(), st.booleans(), st.none() | RESYNC),
    st.builds(verbs.Create, TAG, MAILBOX, st.sampled_from([None, SpecialUse.SENT, SpecialUse.JUNK])),
    st.builds(verbs.Delete, TAG, MAILBOX),
    st.builds(verbs.Rename, TAG, MAILBOX, MAILBOX),
    st.builds(verbs.Subscribe, TAG, MAILBOX, st.booleans()),
    st.builds(
        verbs.List, TAG, MAILBOX, st.lists(NAME, min_size=1, max_size=3).map(tuple), OPTIONS, OPTIONS,
        st.lists(st.sampled_from(["MESSAGES", "SIZE"]), unique=True).map(tuple),
    ),
    st.builds(verbs.Lsub, TAG, MAILBOX, NAME),
    st.builds(
        verbs.Status, TAG, MAILBOX,
        st.lists(st.sampled_from(["MESSAGES", "UNSEEN", "SIZE"]), min_size=1, unique=True).map(tuple),
    ),
    st.builds(verbs.Expunge, TAG, SET),
    st.builds(
        verbs.Search, TAG, KEY, st.booleans(),
        st.none() | st.frozensets(st.sampled_from(["MIN", "MAX", "ALL", "COUNT", "SAVE"]), min_size=1),
    ),
    st.builds(verbs.Sort, TAG, st.lists(ORDER, min_size=1, max_size=4).map(tuple), KEY, st.booleans()),
    st.builds(verbs.Thread, TAG, st.sampled_from(Algorithm), KEY, st.booleans()),
    st.builds(
        metadata.GetMetadata, TAG, MAILBOX, st.lists(ENTRY, min_size=1, unique=True).map(tuple),
        st.sampled_from([0, 1, None]), st.none() | NUMBER,
    ),
    st.builds(
        metadata.SetMetadata, TAG, MAILBOX,
        st.dictionaries(ENTRY, st.none() | st.binary(max_size=30), min_size=1).map(lambda found: tuple(found.items())),
    ),
    st.builds(verbs.Fetch, TAG, SET, ITEMS, st.none() | MODSEQ, st.booleans()),
    st.builds(verbs.Fetch, TAG, SET, ITEMS, MODSEQ, st.booleans(), st.just(True)),
    st.builds(
        verbs.Store, TAG, SET, st.sampled_from(FlagAction), FLAGS, st.booleans(), st.none() | MODSEQ, st.booleans()
    ),
    st.builds(verbs.Copy, TAG, SET, MAILBOX, st.booleans()),
    st.builds(verbs.Move, TAG, SET, MAILBOX, st.booleans()),
)  # fmt: skip


@given(COMMAND)
@settings(max_examples=500, deadline=None)
def test_what_is_written_is_read_back(command: verbs.Command) -> None:
    assert parse(serialised(command)) == command


INCOMING = st.builds(verbs.Incoming, FLAGS, st.none() | MOMENT, st.booleans())
APPENDING = st.one_of(
    st.builds(verbs.Append, TAG, MAILBOX, INCOMING),
    st.builds(verbs.Replace, TAG, st.none() | NUMBER, MAILBOX, INCOMING, st.booleans()),
)


@given(APPENDING)
@settings(max_examples=200, deadline=None)
def test_append_is_known_before_its_message(command: verbs.Append | verbs.Replace) -> None:
    assert before_message(serialised(command)) == command


@given(INCOMING)
@settings(deadline=None)
def test_what_stands_between_messages_is_known(message: verbs.Incoming) -> None:
    octets = serialised(verbs.Append("a", "INBOX", message)).removeprefix(b'a APPEND "INBOX"')
    assert between_messages(octets) == message


def test_a_mailbox_literal_is_not_taken_for_the_message() -> None:
    assert before_message(b"a APPEND ") is None
    assert before_message(b"a APPEND {5}\r\nINBOX ") == verbs.Append("a", "INBOX")
    assert before_message(b"a UID REPLACE * {5}\r\nINBOX ") == verbs.Replace("a", None, "INBOX", uid=True)
    for other in (b"a SELECT INBOX ", b"a REPLACE INBOX ", b"a REPLACE 1:2 INBOX ", b"a REPLACE 0 INBOX "):
        assert before_message(other) is None
    for whole in (b"a APPEND INBOX texte", b"a REPLACE 1 INBOX texte", b"a UID REPLACE 1 INBOX texte"):
        with pytest.raises(BadSyntax):
            parse(whole)


def events(reader: CommandReader) -> list[object]:
    found: list[object] = []
    while (event := reader.next()) is not None:
        found.append(event)
        if isinstance(event, Literal):
            reader.accept()
    return found


@given(st.lists(COMMAND, max_size=4), st.data())
@settings(max_examples=100, deadline=None)
def test_any_split_gives_the_same_commands(commands: list[verbs.Command], data: st.DataObject) -> None:
    octets = b"".join(serialised(command) + b"\r\n" for command in commands)
    reader, read = CommandReader(), []
    while octets:
        size = data.draw(st.integers(1, len(octets)))
        reader.feed(octets[:size])
        octets = octets[size:]
        read += [parse(event.octets) for event in events(reader) if isinstance(event, Line)]
    assert read == commands
    assert not reader.waiting


ODD = st.lists(
    st.sampled_from(
        [
            *(b"a ", b"UID ", b"FETCH ", b"SEARCH ", b"STORE ", b"LIST ", b"LOGIN ", b"ID ", b"STATUS ", b"SELECT "),
            *(b"(", b")", b'"', b"\\", b"{3}\r\n", b"{99}\r\n", b"1:*", b",", b"*", b" ", b"BODY[", b"]", b"<0.1>"),
            *(b"NOT ", b"OR ", b"KEYWORD ", b"SINCE 1-Jan-2026", b"SINCE 99-Foo-0000", b"HEADER ", b"&AA-", b"NIL"),
            *(b"\xff", b"\0", b"\r", b"MODSEQ ", b"99999999999", b"FLAGS ", b"CHARSET ", b"USE", b"RETURN "),
        ]
    ),
    max_size=12,
).map(b"".join)


@given(ODD | st.binary(max_size=60).map(lambda octets: b"a " + octets))
@settings(max_examples=1000, deadline=None)
def test_any_octets_are_a_command_or_bad_syntax(octets: bytes) -> None:
    for command in (octets, b"a FETCH 1 " + octets, b"a SEARCH " + octets, b"a LIST " + octets):
        try:
            assert isinstance(parse(command), verbs.Command)
        except BadSyntax:
            continue
    assert before_message(octets) is None or octets
    assert between_messages(octets) is None or octets


@given(st.binary(max_size=300), st.integers(1, 300))
@settings(max_examples=300, deadline=None)
def test_the_reader_takes_any_octets(octets: bytes, size: int) -> None:
    reader = CommandReader()
    for start in range(0, len(octets), size):
        reader.feed(octets[start : start + size])
        for event in events(reader):
            assert isinstance(event, Line | Literal | TooLong)


@pytest.mark.parametrize(
    "octets",
    [
        b"a SEARCH " + b"(" * 60_000,
        b"a SEARCH " + b"NOT " * 15_000,
        b"a SEARCH " + b"OR " * 20_000,
        b"a FETCH 1 " + b"(" * 60_000,
        b"a FETCH 1 BODY[" + b"1." * 30_000 + b"1]",
        b"a LIST (" + b"(" * 60_000,
        b"a STATUS INBOX " + b"(" * 60_000,
        b'a LOGIN "' + b'\\"' * 30_000,
        b"a ID (" + b'"a" "b" ' * 8_000,
        b"a FETCH " + b"1:*," * 15_000 + b"1 FLAGS",
        b"a FETCH " + b"*:1," * 15_000 + b"1 FLAGS",
        b"a FETCH " + b",".join(b"%d" % (2 * n + 1) for n in range(12_000)) + b" FLAGS",
        b"a STORE 1 FLAGS (" + b"f " * 30_000,
        b"a " + b"x" * 60_000,
        b"(" * 60_000,
    ],
)
def test_hostile_commands_take_linear_time_and_no_recursion(octets: bytes) -> None:
    started = time.perf_counter()
    with contextlib.suppress(BadSyntax):
        parse(octets)
    assert time.perf_counter() - started < 1


def test_absurd_sequence_sets_become_few_ranges() -> None:
    assert sequence_set(b",".join([b"1:*"] * 5_000)) == SequenceSet((), 1)
    assert sequence_set(b"1:4294967295,5,7:9") == SequenceSet(((1, LARGEST),))
    assert sequence_set(b"*:4,*") == SequenceSet((), 4)
    assert sequence_set(b"*").resolved(7) == [(7, 7)]
    assert sequence_set(b"9:*").resolved(7) == [(7, 9)]
    assert sequence_set(b"9:*").resolved(0) == []
    assert sequence_set(b"3:1,2,8").ranges == ((1, 3), (8, 8))
    for wrong in (b"", b"0", b"1,", b",1", b"1:", b":1", b"4294967296", b"1:2:3", b"a", b"01", b"1,,2"):
        with pytest.raises(BadSyntax):
            sequence_set(wrong)


@given(SET, st.integers(0, 1000))
@settings(max_examples=200, deadline=None)
def test_a_set_is_what_its_items_are(numbers: SequenceSet, largest: int) -> None:
    assert sequence_set(written(numbers)) == numbers
    resolved = numbers.resolved(largest)
    assert resolved == sorted(resolved)
    assert all(low <= high for low, high in resolved)


def test_the_reader_knows_limits_before_it_reads() -> None:
    reader = CommandReader()
    reader.feed(b"a LOGIN {5000}\r\n")
    event = reader.next()
    assert event == Literal(b"a LOGIN ", 5000, True)
    assert not reader.acceptable
    reader.refuse()
    reader.feed(b"b NOOP\r\n")
    assert reader.next() == Line(b"b NOOP")
    reader.feed(b"c LOGIN {5000+}\r\n" + b"x" * 6)
    event = reader.next()
    assert event == Literal(b"c LOGIN ", 5000, False)
    reader.refuse()
    reader.feed(b"x" * 4994 + b"\r\nd NOOP\r\n")
    assert reader.next() == Line(b"")
    assert reader.next() == Line(b"d NOOP")
    reader.feed(b"e " + b"x" * (BEFORE_LOGIN.line + 1))
    assert isinstance(reader.next(), TooLong)


def test_many_small_literals_are_bounded() -> None:
    reader = CommandReader()
    reader.feed(b"a ID (" + b'{0+}\r\n "" ' * 500 + b")\r\n")
    refused = False
    while (event := reader.next()) is not None and not refused:
        if isinstance(event, Literal):
            refused = not reader.acceptable
            reader.refuse() if refused else reader.accept()
    assert refused
