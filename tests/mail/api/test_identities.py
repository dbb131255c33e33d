"""IdentityService over gRPC, and what drafts make of it."""

import asyncio
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.mail.v1 import drafts_pb2, drafts_pb2_grpc, identities_pb2_grpc, mail_pb2
from workspace.mail.v1 import identities_pb2 as pb

from chassis.errors import InvalidInput, NotFound
from chassis.identity import acting_as
from chassis.people import Person
from services.mail.domain.envelope import Sender
from services.mail.domain.sharing import Capacity
from services.mail.usecases.erase_account import erase_account
from services.mail.usecases.personal_data import export_personal_data
from services.mail.usecases.write_as import let_write_as
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter

OWN, ALIAS = "agent1@numerique.gouv.tg", "agent.un@numerique.gouv.tg"


@pytest.fixture
def identities(api: Api) -> Any:
    return identities_pb2_grpc.IdentityServiceStub(api.channel)


def change(address: str, *fields: str, **said: Any) -> pb.UpdateIdentityRequest:
    identity = pb.Identity(address=address, **said)
    return pb.UpdateIdentityRequest(identity=identity, update_mask=FieldMask(paths=fields or list(said)))


async def test_each_address_has_its_name_and_signature(api: Api, identities: Any, house: House, owner: str) -> None:
    with acting_as(await api.identity(owner, aliases=[ALIAS])):
        listed = (await identities.ListIdentities(pb.ListIdentitiesRequest())).identities
        assert [(each.address, each.name, each.default) for each in listed] == [
            (OWN, "Agent 1", True),
            (ALIAS, "Agent 1", False),
        ]
        html = "<p onclick=x style='position:fixed;color:red'>Agent<img src=https://a.example/1.png><img src=cid:x></p>"
        signed = await identities.UpdateIdentity(change(ALIAS.upper(), name="Direction", signature_html=html))
        assert signed.signature_html == '<p style="color:red">Agent<img><img></p>'
        assert (await identities.UpdateIdentity(change(ALIAS, default=True))).default
        listed = (await identities.ListIdentities(pb.ListIdentitiesRequest())).identities
        assert [(each.name, each.default) for each in listed] == [("Agent 1", False), ("Direction", True)]
        for wrong in (
            change(ALIAS, default=False),
            change(ALIAS, name="x" * 201),
            change(ALIAS, signature_text="x" * 100_001),
            change(ALIAS, signature_html="<div>" * 10_000),
            change(ALIAS, "address", name="x"),
        ):
            with pytest.raises(InvalidInput):
                await identities.UpdateIdentity(wrong)
        with pytest.raises(NotFound):
            await identities.UpdateIdentity(change("agent2@sante.gouv.tg", name="x"))
    # An alias that was taken away is nobody's any more.
    with acting_as(await api.identity(owner)):
        listed = (await identities.ListIdentities(pb.ListIdentitiesRequest())).identities
        assert [(each.address, each.default) for each in listed] == [(OWN, True)]


async def test_anothers_address_has_the_name_of_whose_it_is(
    api: Api, identities: Any, house: House, owner: str
) -> None:
    other, theirs = "01JDIRECTOR", "directeur@sante.gouv.tg"
    house.people.heard.update({OWN: owner, theirs: other})
    house.people.persons.append(Person(other, (theirs,), "Directeur de la Santé", "01JU", ("01JU",), False, 1))
    await let_write_as(house.mail, Sender(other, theirs), theirs, OWN, Capacity.ON_BEHALF)
    drafts = drafts_pb2_grpc.DraftServiceStub(api.channel)
    with acting_as(await api.identity(owner)):
        listed = (await identities.ListIdentities(pb.ListIdentitiesRequest())).identities
        assert [(each.address, each.name) for each in listed] == [(OWN, "Agent 1"), (theirs, "Directeur de la Santé")]
        behalf = drafts_pb2.Draft(**{"from": mail_pb2.MailAddress(address=theirs)})
        made = await drafts.CreateDraft(drafts_pb2.CreateDraftRequest(draft=behalf))
        assert getattr(made, "from").name == "Directeur de la Santé"


async def test_changes_at_once_are_all_kept(api: Api, identities: Any, owner: str) -> None:
    with acting_as(await api.identity(owner, aliases=[ALIAS])):
        await asyncio.gather(
            identities.UpdateIdentity(change(OWN, name="A")), identities.UpdateIdentity(change(ALIAS, name="B"))
        )
        listed = (await identities.ListIdentities(pb.ListIdentitiesRequest())).identities
    assert [each.name for each in listed] == ["A", "B"]


async def test_drafts_are_written_as_the_default_identity_and_signed(
    api: Api, identities: Any, house: House, owner: str
) -> None:
    drafts = drafts_pb2_grpc.DraftServiceStub(api.channel)
    (outcome,) = await house.deliver(letter(From="agent2@sante.gouv.tg", To=OWN), owner)
    with acting_as(await api.identity(owner, aliases=[ALIAS])):
        said = change(ALIAS, name="Direction", signature_text="Direction du numérique", default=True)
        await identities.UpdateIdentity(said)
        made = await drafts.CreateDraft(drafts_pb2.CreateDraftRequest(draft=drafts_pb2.Draft(text="x")))
        assert getattr(made, "from") == mail_pb2.MailAddress(name="Direction", address=ALIAS)
        bare = drafts_pb2.Draft(**{"from": mail_pb2.MailAddress(address=OWN)})
        made = await drafts.CreateDraft(drafts_pb2.CreateDraftRequest(draft=bare))
        assert getattr(made, "from").name == "Agent 1"
        kind = drafts_pb2.Answer.KIND_REPLY
        begun = await drafts.PrepareAnswer(drafts_pb2.PrepareAnswerRequest(id=outcome.message_id, kind=kind))
        assert getattr(begun, "from").address == ALIAS
        assert begun.text.startswith("\n\n-- \nDirection du numérique\n\n\n")
        assert begun.text.rstrip().endswith("> Bonjour.")


async def test_what_is_kept_of_a_signature_is_told_and_erased(
    api: Api, identities: Any, house: House, owner: str
) -> None:
    with acting_as(await api.identity(owner)):
        await identities.UpdateIdentity(change(OWN, signature_text="Agent"))
    await export_personal_data(house.mail, "01JREQUEST", owner)
    (notice,) = await house.database["notices"].find({"pending": 1}).to_list(None)
    assert "Agent" in str(notice)
    await erase_account(house.mail, owner)
    assert await house.database["identities"].find_one({"_id": owner}) is None
