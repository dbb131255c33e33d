"""Reception and submission, listening."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chassis.identity import Revocation, Revocations
from chassis.rates import Rate
from chassis.tls import public_context
from deploy.local.certificates import Authority
from services.mail.smtp.examination import Examiner
from services.mail.smtp.policy import Options, Policy
from services.mail.smtp.reception import Reception
from services.mail.smtp.server import SmtpServer
from services.mail.smtp.submission import Submission
from tests.mail.authentication.signing import Dns
from tests.mail.smtp.peer import AGENT, HOST, OTHER, Doorkeeper, Smtp, Start


async def nothing_ended(_: object) -> list[Revocation]:
    return []


@pytest.fixture
async def start(house: Any, authority: Authority) -> AsyncIterator[Start]:
    running: list[Smtp] = []
    house.people.heard.update({AGENT: "01AGENT1", OTHER: "01AGENT2"})
    house.mail = replace(house.mail, postmaster=AGENT)

    async def begin(submission: bool = False, **options: Any) -> Smtp:
        doorkeeper = Doorkeeper()
        guesses = Rate("unknown-recipients", options.pop("unknown_recipients", 60))
        examiner = Examiner(options.pop("dns", None) or Dns(), HOST, house.mail.domains, **options.pop("examiner", {}))
        chosen = {name: options.pop(name) for name in ("rspamd", "flow", "greylists") if name in options}
        reception = Reception(house.mail, guesses=guesses, examiner=examiner, **chosen)
        policy: Policy = Submission(house.mail, doorkeeper) if submission else reception
        own = authority.of("localhost")
        behaviour = Options(HOST, **{"max_message": house.mail.options.max_message, "failed_login_pause": 0, **options})
        tls = public_context(own.certificate, own.key)
        revocations = Revocations(nothing_ended)
        server = SmtpServer("smtp", "127.0.0.1", 0, policy, behaviour, tls, revocations)
        await server.start()
        trust = ssl.create_default_context(cafile=str(authority.certificate))
        running.append(Smtp(server, house, doorkeeper, trust, revocations))
        return running[-1]

    yield begin
    for smtp in running:
        for peer in smtp.peers:
            peer.writer.close()
        await smtp.server.stop()


@pytest.fixture
async def smtp(start: Start) -> Smtp:
    return await start()


@pytest.fixture
async def submission(start: Start) -> Smtp:
    return await start(submission=True)
