"""A letter that may not leave is refused by submission, in one line."""

from dataclasses import replace

from services.mail.domain.allotment import Whereabouts
from services.mail.domain.leaving import Action, Rule, To, UnitRules
from services.mail.usecases.leaving import put_rules
from tests.mail.smtp.peer import AGENT, OTHER, Smtp
from tests.mail.smtp.test_submission import logged_in

RULE = Rule("Défense", Action.REFUSE, "Ne sort pas du réseau.", marks=("confidentiel défense",), to=To.OUTSIDE)


async def test_the_client_reads_which_rule_and_why(submission: Smtp) -> None:
    house = submission.house
    house.people.stands["01AGENT1"] = Whereabouts(AGENT, ("01MINISTRY",))
    await put_rules(house.mail, "01MINISTRY", Whereabouts("Ministère", ("01MINISTRY",)), [RULE])
    marked = f"From: {AGENT}\r\nX-Classification: =?utf-8?Q?Confidentiel?=\r\n d\u00e9fense\r\n\r\nBonjour.\r\n"
    peer = await logged_in(submission)
    for recipients, answer in (
        ([OTHER, "a@example.org"], "550 5.7.1 Defense: Ne sort pas du reseau."),
        ([OTHER], "250 2.0.0"),
    ):
        await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
        for recipient in recipients:
            await peer.expect(f"RCPT TO:<{recipient}>", "250")
        await peer.expect("DATA", "354")
        peer.writer.write(marked.encode() + b".\r\n")
        assert (await peer.reply()).startswith(answer)
    assert house.queued.entries == []
    assert len(await submission.inbox("01AGENT2")) == 1


async def test_the_client_reads_that_it_waits(submission: Smtp) -> None:
    house, rule = submission.house, replace(RULE, action=Action.HOLD)
    house.people.stands["01AGENT1"] = Whereabouts(AGENT, ("01MINISTRY",))
    await house.mail.store.leaving_policies.put(UnitRules("01MINISTRY", (rule,), ("01CHIEF",)), [])
    peer = await logged_in(submission)
    await peer.expect(f"MAIL FROM:<{AGENT}>", "250")
    await peer.expect("RCPT TO:<a@example.org>", "250")
    await peer.expect("DATA", "354")
    peer.writer.write(f"From: {AGENT}\r\nSubject: [Confidentiel d\u00e9fense] Plan\r\n\r\nBonjour.\r\n.\r\n".encode())
    assert (await peer.reply()).rstrip().endswith("; it waits for approval")
    assert house.queued.entries == []
