"""Dependencies that are away for a while: mail is received where it can be, and told that it is not where it cannot."""

import smtplib
import time

import pytest

from tests.chaos.test_kills import AGENT, nothing_waits
from tests.chaos.traffic import SENDER, letter, received, send
from tests.chaos.witness import Witness
from tests.running import RunningStack, until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]


def test_the_broker_is_away_for_half_a_minute_and_mail_is_received_all_the_while(rabbitmq: RunningStack) -> None:
    marks = [f"away-{number}" for number in range(10)]
    with Witness(rabbitmq.broker_url, "message_received") as witness:
        rabbitmq.hold("rabbitmq")
        began = time.monotonic()
        assert all(send(rabbitmq, AGENT, mark, seconds=20) for mark in marks)
        assert set(received(rabbitmq, AGENT, "away")) == set(marks)
        time.sleep(max(0.0, 30 - (time.monotonic() - began)))
        assert not witness.marks()
        rabbitmq.release("rabbitmq")
        until(lambda: nothing_waits(rabbitmq), 90)
        rabbitmq.await_ready()
        assert set(received(rabbitmq, AGENT, "away").values()) == {1}
        until(lambda: set(marks) <= witness.marks(), 60)


def test_an_object_store_that_refuses_writes_defers_mail_and_loses_none(embedded: RunningStack) -> None:
    bucket = embedded.var / "objects" / "mail"
    hidden = bucket.with_name("hidden")
    bucket.rename(hidden)
    try:
        with smtplib.SMTP(*embedded.address("smtp"), timeout=30) as smtp:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                smtp.sendmail(SENDER, [AGENT], letter(AGENT, "refused-1"))
            assert refused.value.smtp_code == 451
            assert smtp.noop()[0] == 250
    finally:
        hidden.rename(bucket)
    assert not received(embedded, AGENT, "refused")
    assert send(embedded, AGENT, "refused-1", seconds=30)
    assert received(embedded, AGENT, "refused") == {"refused-1": 1}


def test_the_database_away_defers_mail_and_comes_back(stack: RunningStack) -> None:
    with Witness(stack.broker_url, "message_received") as witness:
        # Facts are on their way, or wait in outboxes, when it goes.
        before = [f"nodb-{number}" for number in range(5)]
        assert all(send(stack, AGENT, mark, seconds=20) for mark in before)
        stack.hold("documents")
        assert not send(stack, AGENT, "nodb-6", seconds=8)
        stack.release("documents")
        stack.await_ready()
        assert send(stack, AGENT, "nodb-6", seconds=60)
        assert received(stack, AGENT, "nodb") == dict.fromkeys([*before, "nodb-6"], 1)
        until(lambda: {*before, "nodb-6"} <= witness.marks(), 60)


def test_an_unknown_recipient_is_deferred_while_directory_is_away(embedded: RunningStack) -> None:
    embedded.hold("directory-api")
    try:
        with smtplib.SMTP(*embedded.address("smtp"), timeout=30) as smtp:
            smtp.ehlo("partenaire.example")
            smtp.mail(SENDER)
            assert smtp.rcpt("personne@numerique.gouv.tg")[0] == 451
            assert smtp.rcpt(AGENT)[0] == 250
    finally:
        embedded.release("directory-api")
        embedded.await_ready()
    # Until the channel is up again the answer stays "later", never "nobody".
    until(lambda: _rcpt(embedded, "personne@numerique.gouv.tg") == 550, 60)


def _rcpt(stack: RunningStack, address: str) -> int:
    with smtplib.SMTP(*stack.address("smtp"), timeout=30) as smtp:
        smtp.ehlo("partenaire.example")
        smtp.mail(SENDER)
        code = smtp.rcpt(address)[0]
    assert code in {451, 550}
    return code
