"""Rules on what may leave: given by who administers a unit, and held to by its accounts and those below."""

import json
from datetime import timedelta
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import drafts_pb2, drafts_pb2_grpc, leaving_pb2_grpc, mail_pb2
from workspace.mail.v1 import leaving_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.rpc import translated
from deploy.local.certificates import Authority
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender
from services.mail.store.submissions import Accepted
from services.mail.usecases import send
from services.mail.usecases.leaving import may_leave
from tests.mail.api.command_line import CommandLine
from tests.mail.api.conftest import Api
from tests.mail.house import House, chunked, letter

PATH = ("01MINISTRY", "01DIRECTION")
AGENT, OTHER = "01AGENT1", "01OTHER"
SECRET = letter("[CONFIDENTIEL] Note")
REFUSING = pb.LeavingRule(
    name="Confidentiel", action=pb.LEAVING_ACTION_REFUSE, text="Ne sort pas du réseau.", marks=["confidentiel"],
    to=pb.LEAVING_TO_OUTSIDE,
)  # fmt: skip
WARNING = pb.LeavingRule(
    name="Grands envois", action=pb.LEAVING_ACTION_WARN, text="Préférez le drive.", beyond_octets=300
)


@pytest.fixture
def leaving(api: Api, house: House) -> Any:
    house.people.stands[AGENT] = Whereabouts("agent1@numerique.gouv.tg", PATH)
    house.people.stands[OTHER] = Whereabouts("agent1@numerique.gouv.tg", ("01SANTE",))
    house.people.units["01MINISTRY"] = Whereabouts("Ministère du numérique", PATH[:1])
    house.people.units["01DIRECTION"] = Whereabouts("Direction", PATH)
    house.people.units["01SANTE"] = Whereabouts("Ministère de la santé", ("01SANTE",))
    house.people.heard["agent2@sante.gouv.tg"] = "01SECOND"
    return leaving_pb2_grpc.LeavingServiceStub(api.channel)


async def give(api: Api, leaving: Any, unit: str, *rules: pb.LeavingRule, by: str | None = None) -> pb.LeavingPolicy:
    with acting_as(await api.identity("01ADMIN", administers=unit if by is None else by)):
        request = pb.SetLeavingPolicyRequest(unit_id=unit, given=pb.LeavingRules(rules=rules))
        return await leaving.SetLeavingPolicy(request)


async def write(house: House, source: bytes, *recipients: str, account: str = AGENT, **also: Any) -> Any:
    sender = Sender(account, "agent1@numerique.gouv.tg")
    return await send(house.mail, sender, chunked(source), recipients=recipients or ["a@example.org"], **also)


async def acts(house: House) -> list[dict[str, Any]]:
    return [json.loads(fact["body"])["data"] for fact in await house.facts("act_recorded")]


async def test_a_letter_that_a_rule_refuses_does_not_leave(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01MINISTRY", REFUSING)
    with pytest.raises(Forbidden) as refused:
        await write(house, SECRET, "agent2@sante.gouv.tg", "a@example.org")
    assert refused.value.detail == "Confidentiel: Ne sort pas du réseau."
    assert house.queued.entries == []
    assert (await house.box("01SECOND")).messages == (await house.box(AGENT, "Sent")).messages == 0
    assert await house.facts("message_sent") == []
    # Neither counted, nor taken for sent: inside, it may go.
    await write(house, SECRET, "agent2@sante.gouv.tg")
    await write(house, letter("Note"), "a@example.org")
    assert len(house.queued.entries) == 1
    (told,) = [each for each in await acts(house) if each["act"] == "leaving_refused"]
    assert told["unit_path"] == list(PATH)
    assert told["target_name"] == "agent1@numerique.gouv.tg"
    assert told["details"]["rule"] == "Confidentiel"


async def test_rules_of_other_units_and_below_do_not_hold(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01SANTE", REFUSING)
    await write(house, SECRET)
    with pytest.raises(Forbidden):
        await write(house, SECRET, account=OTHER)
    # Who is moved has the rules of where they are by then.
    house.people.stands[AGENT], house.people.stands[OTHER] = house.people.stands[OTHER], house.people.stands[AGENT]
    await write(house, letter("[CONFIDENTIEL] Deux"), account=OTHER)
    with pytest.raises(Forbidden):
        await write(house, letter("[CONFIDENTIEL] Deux"))
    house.people.stands[AGENT] = Whereabouts("agent1@numerique.gouv.tg", PATH[:1])
    await give(api, leaving, "01DIRECTION", REFUSING)
    await write(house, letter("[CONFIDENTIEL] Trois"))


async def test_a_unit_adds_and_takes_nothing_away(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01MINISTRY", REFUSING)
    milder = pb.LeavingRule()
    milder.CopyFrom(REFUSING)
    milder.action = pb.LEAVING_ACTION_WARN
    found = await give(api, leaving, "01DIRECTION", milder, WARNING)
    assert list(found.given.rules) == [milder, WARNING]
    assert list(found.inherited) == [pb.InheritedRules(unit_id="01MINISTRY", rules=[REFUSING])]
    with pytest.raises(Forbidden):
        await write(house, SECRET)
    # A rule that only warns does not keep a later one from refusing.
    await give(api, leaving, "01MINISTRY", WARNING)
    await give(api, leaving, "01DIRECTION", REFUSING)
    with pytest.raises(Forbidden):
        await write(house, SECRET)


@pytest.mark.parametrize("held", [False, True])
async def test_a_letter_that_is_warned_of_leaves_once_and_is_told_of_once(
    api: Api, house: House, leaving: Any, held: bool
) -> None:
    await give(api, leaving, "01MINISTRY", WARNING)
    await give(api, leaving, "01DIRECTION", WARNING)
    at = {"release_at": house.clock() + timedelta(hours=1)} if held else {}
    for repeated in (False, True):
        accepted = await write(house, letter("Rapport", "x" * 300), **at)
        assert accepted.repeated is repeated
    assert len(house.queued.entries) == (0 if held else 1)
    (fact,) = await house.facts("leaving_warned")
    told = json.loads(fact["body"])["data"]
    assert (told["account_id"], told["submission_id"], told["subject"]) == (AGENT, accepted.id, "Rapport")
    assert told["rules"] == [{"name": "Grands envois", "text": "Préférez le drive."}] * 2
    (kept,) = [each for each in await acts(house) if each["act"] == "leaving_warned"]
    assert kept["details"]["submission"] == accepted.id
    # Nothing is said of a letter that no rule is about.
    await write(house, b"From: agent1@numerique.gouv.tg\r\n\r\nBref\r\n")
    assert len(await house.facts("leaving_warned")) == 1


async def test_letters_and_drafts_by_rest_are_held_to_the_rules(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01MINISTRY", REFUSING)
    drafts = drafts_pb2_grpc.DraftServiceStub(api.channel)
    with acting_as(await api.identity(AGENT)):
        source = HttpBody(data=letter("[CONFIDENTIEL] Note", To="a@example.org"))
        pieces = iter([mail_pb2.SendMessageRequest(source=source), mail_pb2.SendMessageRequest(last=True)])

        with pytest.raises(Forbidden, match="Ne sort pas du réseau"), translated():
            await api.messages.SendMessage(pieces)
        to = mail_pb2.MailAddress(address="a@example.org")
        wanted = drafts_pb2.Draft(subject="[Confidentiel] Note", to=[to], text="Bonjour")
        draft = await drafts.CreateDraft(drafts_pb2.CreateDraftRequest(draft=wanted))
        with pytest.raises(Forbidden, match="Confidentiel"):
            await drafts.SendDraft(drafts_pb2.SendDraftRequest(id=draft.id))
        # It is still there.
        assert (await drafts.GetDraft(drafts_pb2.GetDraftRequest(id=draft.id))).subject == "[Confidentiel] Note"


async def test_whose_mail_is_still_with_a_former_server_is_not_outside(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01MINISTRY", REFUSING)
    content, header = await house.content(SECRET), SECRET.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    async def held_to(*foreign: str) -> None:
        accepted = Accepted("01S", AGENT, "agent1@numerique.gouv.tg", content.blob, b"", (), foreign, house.clock())
        assert await may_leave(house.mail, accepted, header, content) is None

    await held_to("agent3@sante.gouv.tg")
    with pytest.raises(Forbidden):
        await held_to("agent3@sante.gouv.tg", "a@example.org")


async def test_what_the_platform_writes_is_not_held_to_rules(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01MINISTRY", REFUSING)
    await write(house, SECRET, of_platform=True)
    assert len(house.queued.entries) == 1


@pytest.mark.parametrize("by", ["01SANTE", "01DIRECTION", AGENT])
async def test_who_does_not_administer_a_unit_finds_no_rules(api: Api, house: House, leaving: Any, by: str) -> None:
    for unit in ("01MINISTRY", "01NOWHERE", ""):
        with pytest.raises(NotFound, match="No such unit"):
            await give(api, leaving, unit, REFUSING, by=by)
        with acting_as(await api.identity("01ADMIN", administers=by)), pytest.raises(NotFound, match="No such unit"):
            await leaving.GetLeavingPolicy(pb.GetLeavingPolicyRequest(unit_id=unit))
    with acting_as(await api.identity(AGENT)), pytest.raises(Forbidden):
        await leaving.GetLeavingPolicy(pb.GetLeavingPolicyRequest(unit_id="01MINISTRY"))
    assert await acts(house) == []


async def test_rules_that_cannot_be_held_to_change_nothing(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01MINISTRY", REFUSING)
    unsaid = pb.LeavingRule(name="Rien", text="Rien.", marks=["rien"])
    unknown = pb.LeavingRule(name="Rien", text="Rien.", marks=["rien"], action=pb.LEAVING_ACTION_WARN, to=77)  # type: ignore[arg-type]
    breaking = pb.LeavingRule(name="a\r\n250 OK", text="a\r\nb", marks=["x"], action=pb.LEAVING_ACTION_WARN)
    for bad in ([unsaid], [unknown], [breaking], [REFUSING, REFUSING], [REFUSING] * 1000):
        with pytest.raises(InvalidInput):
            await give(api, leaving, "01MINISTRY", *bad)
    with acting_as(await api.identity("01ADMIN", administers="01MINISTRY")):
        found = await leaving.GetLeavingPolicy(pb.GetLeavingPolicyRequest(unit_id="01MINISTRY"))
    assert list(found.given.rules) == [REFUSING]


async def test_the_audit_log_hears_which_rules_were_put_and_taken_away(api: Api, house: House, leaving: Any) -> None:
    await give(api, leaving, "01DIRECTION", REFUSING)
    await give(api, leaving, "01DIRECTION", WARNING, by="01MINISTRY")
    first, second = await acts(house)
    assert first["act"] == second["act"] == "put_leaving_rules"
    assert first["details"] == {"rules": "0 > 1", "put": "Confidentiel (refuse)", "taken_away": ""}
    assert second["details"] == {"rules": "1 > 1", "put": "Grands envois (warn)", "taken_away": "Confidentiel"}
    assert second["unit_path"] == list(PATH)


async def test_workspace_mail_leaving(api: Api, house: House, leaving: Any, authority: Authority) -> None:
    unit = "01UNIT".ljust(26, "X")
    house.people.units[unit] = Whereabouts("Bureau", (unit,))
    workspace = CommandLine(api, authority, await api.identity("01ADMIN", administers=unit), "leaving")

    rule = {"name": "Vidéos", "action": "LEAVING_ACTION_WARN", "text": "Préférez le drive.", "marks": ["vidéo"]}
    assert "marks: vidéo" in await workspace("set", unit, "-", given=json.dumps({"rules": [rule]}))
    assert json.loads(await workspace("show", unit, "--json"))["given"] == {"rules": [rule]}
    assert "cannot be read" in await workspace("set", unit, "-", given="[", code=2)
    assert "at most 100" in await workspace("set", unit, "-", given=json.dumps({"rules": [rule] * 101}), code=1)
