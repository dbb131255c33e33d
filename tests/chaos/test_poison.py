"""Events that cannot be digested: they do not stop the others, an operator learns why, and has them tried again."""

import json
import uuid
from typing import Any

import httpx
import pytest
from kombu import Producer
from pymongo.collection import Collection

from chassis.events.publishing import broker, connect, events_exchange
from tests.chaos.witness import Witness
from tests.running import RunningStack, until

NATIONAL = "administrateur@gouv.tg"
BUREAU = "Ministère des Finances/Direction du Budget/Bureau 1"
# No text; text that is no JSON; JSON that is no envelope.
POISON = (b"\xff\xfe\x00 \x80", b"{", b'{"id": 7, "type": ["account_created"]}')

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


@pytest.fixture
def token(stack: RunningStack) -> str:
    """The national administrator's."""
    login = {"address": NATIONAL, "password": stack.password(NATIONAL)}
    answer = httpx.post(f"{stack.local['http']}/v1/sessions", json=login, timeout=30)
    return str(answer.raise_for_status().json()["access_token"])


def workspace(stack: RunningStack, token: str, *words: str) -> str:
    done = stack.command(*words, token=token)
    assert done.returncode == 0, done.stderr
    return done.stdout


def letters(stack: RunningStack, token: str) -> dict[str, dict[str, Any]]:
    """Mail's dead letters, by id, as the command lists them."""
    listed = json.loads(workspace(stack, token, "deadletters", "list", "--json"))
    return {letter["id"]: letter for letter in listed}


def explained(stack: RunningStack, token: str, letter: str) -> dict[str, Any]:
    return dict(json.loads(workspace(stack, token, "deadletters", "explain", letter, "--json")))


def open_account(stack: RunningStack, token: str) -> str:
    """A new account; its id."""
    words = ("--name", "Agent d'essai", "--unit", BUREAU, "--without-password", "--json")
    address = f"essai-{uuid.uuid4().hex[:12]}@finances.gouv.tg"
    return str(json.loads(workspace(stack, token, "account", "add", address, *words))["id"])


def mailboxes(stack: RunningStack, account: str) -> list[str]:
    with stack.documents() as client:
        boxes: Collection[dict[str, Any]] = client["mail"]["mailboxes"]
        return sorted(box["name"] for box in boxes.find({"owner": account}))


def test_what_nobody_can_read_becomes_a_dead_letter_and_the_queue_goes_on(stack: RunningStack, token: str) -> None:
    before = letters(stack, token).keys()
    with broker(stack.broker_url) as connection:
        connect(connection)
        producer = Producer(connection.default_channel, exchange=events_exchange("directory"))
        for body in POISON:
            producer.publish(
                body, routing_key="account_created", content_type="application/json", content_encoding="utf-8"
            )
    account = open_account(stack, token)
    until(lambda: len(mailboxes(stack, account)) == 6, 30)

    # Two queues of mail hear of accounts.
    until(lambda: len(letters(stack, token).keys() - before) == 2 * len(POISON), 30)
    new = {name: letter for name, letter in letters(stack, token).items() if name not in before}
    assert {letter["queue"] for letter in new.values()} == {"mail.provision", "mail.people"}
    assert {letter["tries"] for letter in new.values()} == {1}
    bodies = [explained(stack, token, name)["body"] for name in new]
    assert sorted(bodies) == sorted(2 * [body.decode("utf-8", "backslashreplace") for body in POISON])

    # Trying again does not help, and says so; in the end somebody gives them up.
    one = min(new)
    assert workspace(stack, token, "deadletters", "replay", one) == "1 replayed\n"
    until(lambda: letters(stack, token).get(one, {}).get("tries", 0) == 1, 30)
    for name in new:
        workspace(stack, token, "deadletters", "discard", name)
    assert letters(stack, token).keys() == before


def test_what_fails_for_a_cause_is_delivered_once_after_the_cause_is_gone(stack: RunningStack, token: str) -> None:
    stack.hold("mail-worker")
    account = open_account(stack, token)
    with stack.documents() as client:
        boxes: Collection[dict[str, Any]] = client["mail"]["mailboxes"]
        # A mailbox of this name cannot be made, and none of the others without it.
        boxes.insert_one({"_id": f"{account}.0", "owner": account, "name": "Drafts"})
        stack.release("mail-worker")
        stack.await_ready()

        def mine() -> list[str]:
            return [name for name, letter in letters(stack, token).items() if letter["subject"] == account]

        until(lambda: len(mine()) == 1, 60)
        (letter,) = mine()
        why = explained(stack, token, letter)
        assert why["queue"] == "mail.provision"
        assert why["error"].startswith("Conflict: ")
        assert why["tries"] == 3, "the delivery, and the two tries that the settings of this stack give"
        assert "services/mail/usecases/provision.py" in why["traceback"]
        assert account in why["body"]
        assert mailboxes(stack, account) == ["Drafts"]

        with Witness(stack.broker_url, "mailbox_changed") as witness:
            boxes.delete_one({"_id": f"{account}.0"})
            assert workspace(stack, token, "deadletters", "replay", letter) == "1 replayed\n"
            until(lambda: len(mailboxes(stack, account)) == 6, 30)

            def told() -> set[str]:
                return {one["id"] for one in witness.heard if one["data"]["account_id"] == account}

            until(lambda: len(told()) == 6, 30)
            until(lambda: client["mail"]["failures"].find_one({"_id": letter}) is None, 30)
            assert mine() == []
            # It is done with: a second replay finds nothing to do, and nobody is told again.
            assert stack.command("deadletters", "replay", letter, token=token).returncode == 1
            assert (len(mailboxes(stack, account)), len(told())) == (6, 6)
