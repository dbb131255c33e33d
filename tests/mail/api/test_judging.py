"""What agents say of letters: where they go, and that the security team hears of phishing."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from workspace.mail.v1 import judging_pb2 as pb
from workspace.mail.v1 import judging_pb2_grpc

from chassis.clamd import Clamd
from chassis.errors import Forbidden, InvalidInput, NotFound, Unavailable
from chassis.identity import acting_as
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.phishing import Report
from services.mail.usecases import list_mailboxes
from services.mail.usecases.judge import tell_security
from services.mail.usecases.share_mailbox import share_mailbox
from tests.mail.api.conftest import Api
from tests.mail.clam import EICAR, Daemon, listening
from tests.mail.house import House, letter

SECURITY = "security@numerique.gouv.tg"
AT = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture
def judging(api: Api) -> Any:
    return judging_pb2_grpc.JudgingServiceStub(api.channel)


async def box_of(house: House, owner: str, mailbox_id: str) -> SpecialUse | None:
    return next(each.special_use for each in await list_mailboxes(house.mail, owner) if each.id == mailbox_id)


async def reported(house: House) -> list[dict[str, Any]]:
    found = await house.database["notices"].find({"pending": 1}).to_list(10)
    facts = [fact for each in found for fact in each["outbox"] if fact["type"] == "phishing_reported"]
    return [json.loads(fact["body"]) for fact in facts]


async def judged(api: Api, judging: Any, owner: str, message_id: str, verdict: "pb.Verdict.ValueType") -> Any:
    with acting_as(await api.identity(owner)):
        return await judging.JudgeMessage(pb.JudgeMessageRequest(id=message_id, verdict=verdict))


async def test_junk_goes_to_junk_and_what_is_none_comes_back(api: Api, judging: Any, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter("Gain"), owner)
    for _ in range(2):
        found = await judged(api, judging, owner, outcome.message_id, pb.VERDICT_JUNK)
        assert await box_of(house, owner, found.mailbox_id) is SpecialUse.JUNK
        assert list(found.flags) == ["$Junk"]
    found = await judged(api, judging, owner, outcome.message_id, pb.VERDICT_NOT_JUNK)
    assert await box_of(house, owner, found.mailbox_id) is SpecialUse.INBOX
    assert list(found.flags) == ["$NotJunk"]
    assert await reported(house) == []


async def test_phishing_is_told_once(api: Api, judging: Any, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter("Mot de passe"), owner)
    for _ in range(2):
        found = await judged(api, judging, owner, outcome.message_id, pb.VERDICT_PHISHING)
        assert await box_of(house, owner, found.mailbox_id) is SpecialUse.JUNK
        assert list(found.flags) == ["$Junk", "$Phishing"]
    (fact,) = await reported(house)
    told = fact["data"]
    assert (told["account_id"], told["message_id"], told["subject"]) == (owner, outcome.message_id, "Mot de passe")
    assert told["reported_by"] == "agent1@numerique.gouv.tg"


async def test_a_letter_of_somebody_else_is_nobodys_to_judge(api: Api, judging: Any, house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter("Gain"), owner)
    for wanted in (outcome.message_id, f"{owner}.{outcome.message_id}", "01JNOBODYS0000000000000000"):
        with pytest.raises(NotFound):
            await judged(api, judging, "01JSOMEBODYELSE", wanted, pb.VERDICT_JUNK)
    with pytest.raises(InvalidInput):
        await judged(api, judging, owner, outcome.message_id, pb.VERDICT_UNSPECIFIED)


async def test_who_may_only_read_a_letter_reports_it_once_and_it_stays(
    api: Api, judging: Any, house: House, owner: str
) -> None:
    house.people.heard |= {"agent1@numerique.gouv.tg": owner, "agent2@numerique.gouv.tg": "01JREADER"}
    (outcome,) = await house.deliver(letter("Mot de passe"), owner)
    box = await house.box(owner)
    wanted = f"{owner}.{outcome.message_id}"
    await share_mailbox(house.mail, owner, owner, box.id, "agent2@numerique.gouv.tg", "l")
    with pytest.raises(Forbidden):
        await judged(api, judging, "01JREADER", wanted, pb.VERDICT_PHISHING)
    assert await reported(house) == []
    await share_mailbox(house.mail, owner, owner, box.id, "agent2@numerique.gouv.tg", "lr")
    for _ in range(2):
        found = await judged(api, judging, "01JREADER", wanted, pb.VERDICT_PHISHING)
        assert list(found.flags) == []
    with pytest.raises(Forbidden):
        await judged(api, judging, "01JREADER", wanted, pb.VERDICT_JUNK)
    assert (await house.box(owner)).messages == 1
    (fact,) = await reported(house)
    assert fact["data"]["account_id"] == owner


async def security_got(house: House, account: str) -> list[Any]:
    box = await house.box(account)
    rows = await house.mail.store.messages.listed(account, box.id, 1, box.uid_next)
    return [message_from_bytes(await house.read(account, row.id), policy=default) for row in rows]


async def test_the_security_team_gets_the_letter_as_it_was_once(house: House, owner: str) -> None:
    house.people.heard[SECURITY] = "01JSECURITY"
    bad = letter("Mot de passe", body="Allez sur http://example.org/vol")
    (outcome,) = await house.deliver(bad, owner)
    told = Report("01JFACT", "agent1@numerique.gouv.tg", "Banque <b@example.org>", "Mot de passe http://x.example", AT)
    for _ in range(2):
        await tell_security(house.mail, owner, outcome.message_id, told)
    (found,) = await security_got(house, "01JSECURITY")
    assert found["Subject"].startswith("Hameçonnage signalé / Phishing reported: Mot de passe")
    assert found["Reply-To"] == "agent1@numerique.gouv.tg"
    assert ("Message-ID", "<phishing.01jfact@gouv.tg>") in found.items()
    text, attached = found.iter_parts()
    assert "http://" not in text.get_content()
    assert attached.get_content_type() == "message/rfc822"
    assert attached.get_payload(0)["Subject"] == "Mot de passe"
    await tell_security(house.mail, owner, "01JNOBODYS0000000000000000", told)
    assert len(await security_got(house, "01JSECURITY")) == 1


async def test_without_a_security_team_the_postmaster_gets_it(house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter("Gain"), owner)
    told = Report("01JFACT", "agent1@numerique.gouv.tg", "", "", AT)
    with pytest.raises(Unavailable):
        await tell_security(house.mail, owner, outcome.message_id, told)
    house.people.heard["postmaster@gouv.tg"] = "01JPOST"
    house.mail = replace(house.mail, postmaster="postmaster@gouv.tg")
    await tell_security(house.mail, owner, outcome.message_id, told)
    assert len(await security_got(house, "01JPOST")) == 1


async def test_of_what_carries_malware_the_header_is_sent(house: House, owner: str) -> None:
    house.people.heard[SECURITY] = "01JSECURITY"
    (outcome,) = await house.deliver(letter("Facture", body=EICAR.decode()), owner)
    told = Report("01JFACT", "agent1@numerique.gouv.tg", "b@example.org", "Facture", AT)
    async with listening(Daemon()) as place:
        mail = replace(house.mail, malware=Clamd(place))
        await tell_security(mail, owner, outcome.message_id, told)
    (found,) = await security_got(house, "01JSECURITY")
    text, attached = found.iter_parts()
    assert "logiciel malveillant" in text.get_content()
    assert attached.get_content_type() == "text/rfc822-headers"
    assert "Subject: Facture" in attached.get_content()


async def test_the_morning_letter_may_be_put_off(api: Api, judging: Any, house: House, owner: str) -> None:
    with acting_as(await api.identity(owner)):
        assert (await judging.GetJunkSettings(pb.GetJunkSettingsRequest())).digest
        asked = pb.UpdateJunkSettingsRequest(settings=pb.JunkSettings(digest=False))
        assert not (await judging.UpdateJunkSettings(asked)).digest
        assert not (await judging.GetJunkSettings(pb.GetJunkSettingsRequest())).digest
        asked = pb.UpdateJunkSettingsRequest(settings=pb.JunkSettings(digest=True))
        assert (await judging.UpdateJunkSettings(asked)).digest
    with acting_as(await api.identity("01JSOMEBODYELSE")):
        assert (await judging.GetJunkSettings(pb.GetJunkSettingsRequest())).digest
