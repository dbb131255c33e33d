"""Facts and their envelopes: written once, read tolerantly, refused when they do not fit."""

import ast
import importlib
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from workspace.directory.v1.events_pb2 import AccountFact
from workspace.events.v1.envelope_pb2 import Envelope
from workspace.mail.v1.events_pb2 import MessageReceived, MessageSent

import services
from chassis.errors import InvalidInput
from chassis.events import Listener, document_with_facts, fact, fact_as, fact_in, parse_envelope, with_facts
from chassis.events.contracts import NotAFact, UnknownFact, contracts
from chassis.events.listening import Hearing
from chassis.identity import Identity, acting_as
from chassis.people import PeopleListener

RECEIVED = MessageReceived(account_id="a1", message_id="m1", uid=7, modseq=1 << 40, subject="Réunion à Lomé")


def test_every_top_level_message_of_an_events_proto_is_a_fact() -> None:
    names = contracts()
    assert names["mail", "message_received"].descriptor is MessageReceived.DESCRIPTOR
    assert ("directory", "account_created") in names
    assert not any(kind.endswith("_fact") for _, kind in names)


def test_an_envelope_is_what_was_told() -> None:
    now = datetime.now(UTC)
    who = Identity("a9", "agent9@numerique.gouv.tg", "s1", issued_at=now, expires_at=now)
    with acting_as(who):
        entry = fact(RECEIVED, subject="m1", version=3, audience=["a1", "a2"])
    envelope = parse_envelope(entry["body"].encode())
    assert (envelope.id, envelope.source, envelope.type) == (entry["id"], "mail", "message_received")
    assert (envelope.subject, envelope.version, envelope.actor) == ("m1", 3, "a9")
    assert list(envelope.audience) == ["a1", "a2"]
    assert abs(envelope.time.ToDatetime(UTC) - now).total_seconds() < 1
    assert fact_in(envelope) == RECEIVED
    assert fact_as(envelope, MessageReceived) == RECEIVED
    with pytest.raises(InvalidInput):
        fact_as(envelope, MessageSent)


@pytest.mark.parametrize("message", [AccountFact(), Envelope()])
def test_what_no_contract_declares_cannot_be_told(message: object) -> None:
    with pytest.raises(NotAFact):
        fact(message, subject="x", version=1)  # type: ignore[arg-type]


def test_a_newer_contract_is_read_by_an_older_consumer() -> None:
    value = json.loads(fact(RECEIVED, subject="m1", version=1)["body"])
    value["priority"] = {"new": 1}
    value["data"]["spam_score"] = 0.1
    assert fact_in(parse_envelope(json.dumps(value))) == RECEIVED


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"data": {}},
        {"data": {"@type": "type.googleapis.com/workspace.mail.v1.MessageSent"}},
        {"data": {"@type": "type.googleapis.com/workspace.mail.v1.MessageReceived", "uid": "many"}},
        {"data": {"@type": "type.googleapis.com/workspace.mail.v1.MessageReceived", "uid": 1 << 33}},
        {"data": {"@type": "type.googleapis.com/workspace.mail.v1.Unknown"}},
        {"version": "1e400"},
        {"audience": "a1"},
        {"source": "nobody"},
        {"type": ["message_received"]},
    ],
)
def test_data_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    value = {**json.loads(fact(RECEIVED, subject="m1", version=1)["body"]), **change}
    with pytest.raises((InvalidInput, UnknownFact)):
        parse_envelope(json.dumps(value))


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"null", b"{}", b"{" * 100_000, b"1" * 10_000])
def test_bytes_that_are_no_envelope_are_refused(body: bytes) -> None:
    with pytest.raises((InvalidInput, UnknownFact)):
        parse_envelope(body)


def test_facts_join_what_an_update_does_already() -> None:
    one, two = fact(RECEIVED, subject="m1", version=1), fact(RECEIVED, subject="m1", version=2)
    update = with_facts({"$set": {"seen": True}, "$push": {"log": 1}}, one, two)
    assert update == {"$set": {"seen": True, "pending": 1}, "$push": {"log": 1, "outbox": {"$each": [one, two]}}}
    assert with_facts({"$set": {"seen": True}}) == {"$set": {"seen": True}}
    assert document_with_facts({"_id": 1}, one) == {"_id": 1, "outbox": [one], "pending": 1}
    assert document_with_facts({"_id": 1}) == {"_id": 1}


def _listeners() -> list[type[Listener]]:
    (root,) = services.__path__
    for file in Path(root).glob("*/*events.py"):
        importlib.import_module(f"services.{file.parent.name}.{file.stem}")
    return [PeopleListener, *(each for each in Listener.__subclasses__() if each.__module__.startswith("services."))]


@cache
def _published(source: str) -> set[str]:
    """The messages that a service's code makes."""
    (root,) = services.__path__
    trees = (ast.parse(file.read_text()) for file in (Path(root) / source).rglob("*.py"))
    calls = (node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def _heard() -> set[tuple[str, str]]:
    """Source and message of every fact that some worker hears."""
    return {
        (contract.source, contract.descriptor.name)
        for listener in _listeners()
        for _, declared in Listener.declared(object.__new__(listener))
        if isinstance(declared, Hearing)
        for contract in declared.contracts
    }


# Facts of what is not here yet: who hears them is ready.
PROMISED = {("video", "ConferenceReady")}


def test_every_subscription_names_a_fact_that_somebody_publishes() -> None:
    heard = _heard()
    assert heard
    assert {(source, name) for source, name in heard if name not in _published(source)} <= PROMISED


def test_every_fact_has_a_publisher() -> None:
    every = {(contract.source, contract.descriptor.name) for contract in contracts().values()}
    assert {(source, name) for source, name in every if name not in _published(source)} == PROMISED


# Facts that no worker has to hear, and why.
UNHEARD = {
    "who it concerns sees it live, by push and IMAP; whoever was away reads the state by its cursor": {
        ("mail", "MessageReceived"),
        ("mail", "MessageSent"),
        ("mail", "MessageBounced"),
        ("mail", "MessageMoved"),
        ("mail", "MessageCopied"),
        ("mail", "MessageHandedOver"),
        ("mail", "MessageDeleted"),
        ("mail", "MessageRestored"),
        ("mail", "SharingChanged"),
        ("mail", "DelegationChanged"),
        ("mail", "FlagsChanged"),
        ("directory", "CredentialChanged"),
        ("directory", "ApprovalChanged"),
        ("calendar", "CalendarChanged"),
        ("calendar", "DelegationChanged"),
        ("calendar", "EventCreated"),
        ("calendar", "EventUpdated"),
        ("calendar", "EventCancelled"),
        ("calendar", "ReminderDue"),
        ("calendar", "ResourceBooked"),
        ("calendar", "ResourceDeclined"),
        ("calendar", "ResourceRequested"),
    },
    "calendar is on its way: whoever hears them is not here yet": {
        ("calendar", "InvitationReplied"),
    },
    "who looks after the platform is told by log and metric": {("mail", "SendingLimited")},
    "facts of accounts tell of each account that moved with a unit; the tree itself can be announced": {
        ("directory", "UnitCreated"),
    },
    "mail's settings say which domains it receives for, facts of accounts who has an address in one": {
        ("directory", "DomainChanged")
    },
    "video and drive will hear them; until they are here nobody has to": {
        ("calendar", "ConferenceRequested"),
        ("calendar", "ConferenceChanged"),
        ("calendar", "ConferenceReleased"),
        ("calendar", "DocumentsLinked"),
    },
    "for keepers of evidence outside the platform": {("directory", "AuditCheckpointed")},
}


def test_every_fact_is_heard_or_it_is_said_why_nobody_has_to() -> None:
    every = {(contract.source, contract.descriptor.name) for contract in contracts().values()}
    told = [fact for facts in UNHEARD.values() for fact in facts]
    assert every - _heard() == set(told)
    assert len(told) == len(set(told))
