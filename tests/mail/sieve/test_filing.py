"""Where scripts put letters, and that none is lost by them."""

import asyncio
from datetime import datetime, timedelta

import pytest

from chassis.errors import Forbidden, Unavailable
from services.mail.domain.envelope import Result
from services.mail.store.remembered import memory
from services.mail.usecases import create_mailbox, list_mailboxes
from services.mail.usecases.erase_account import erase_account
from tests.mail.sieve.conftest import CHEF, OUTSIDE, OWN, Scripted, written

FILE = 'require ["fileinto", "imap4flags"]; if header :contains "subject" "budget" {{ fileinto{} "Budget"; }}'


async def test_a_letter_goes_where_the_script_wants_it_with_its_flags(scripted: Scripted) -> None:
    await create_mailbox(scripted.house.mail, scripted.owner, "Budget")
    await scripted.script(FILE.format(' :flags ["\\\\Flagged", "\\\\Seen", "perso"]'))
    outcome = await scripted.receive(written("Le budget"))
    assert (outcome.result, outcome.uid) == (Result.DELIVERED, 1)
    (message,) = await scripted.messages("Budget")
    assert message.flags == ("\\Flagged", "\\Seen", "perso")
    assert (await scripted.house.box(scripted.owner, "Budget")).unseen == 0
    await scripted.receive(written("Autre"))
    assert await scripted.subjects() == ["Autre"]
    assert len(await scripted.house.facts("message_received")) == 2


async def test_a_mailbox_that_is_not_there_leaves_it_in_inbox_unless_it_may_be_made(scripted: Scripted) -> None:
    await scripted.script(FILE.format(""))
    await scripted.receive(written("Un budget"))
    assert await scripted.subjects() == ["Un budget"]
    await scripted.script('require ["fileinto", "mailbox"]; fileinto :create "Services/Budget";')
    await asyncio.gather(*(scripted.receive(written(f"Budget {number}")) for number in range(3)))
    assert len(await scripted.subjects("Services/Budget")) == 3
    names = [box.name for box in await list_mailboxes(scripted.house.mail, scripted.owner)]
    assert names.count("Services") == names.count("Services/Budget") == 1


async def test_the_mailbox_of_a_use(scripted: Scripted) -> None:
    await scripted.script('require ["fileinto", "special-use"]; fileinto :specialuse "\\\\Archive" "Nulle part";')
    await scripted.receive(written())
    assert await scripted.subjects("Archive") == ["Note"]


async def test_several_copies_and_a_discarded_letter(scripted: Scripted) -> None:
    await create_mailbox(scripted.house.mail, scripted.owner, "Un")
    await scripted.script('require ["fileinto", "copy"]; fileinto :copy "Un"; fileinto :copy "Aucun";')
    await scripted.receive(written())
    assert await scripted.subjects() == await scripted.subjects("Un") == ["Note"]
    await scripted.script("discard;")
    assert (await scripted.receive(written("Rien"))).result is Result.DELIVERED
    assert (await scripted.receive(written("Rien"))).result is Result.REPEATED
    assert await scripted.subjects() == ["Note"]


async def test_junk_goes_to_junk_and_no_script_sees_it(scripted: Scripted) -> None:
    await scripted.script(f'redirect "{OUTSIDE}";')
    await scripted.receive(written(), junk=True, proven=False)
    assert await scripted.subjects("Junk") == ["Note"]
    assert await scripted.queued() == []


async def test_a_script_that_fails_loses_nothing_and_its_owner_hears_of_it_once(scripted: Scripted) -> None:
    failing = 'require "variables"; set "a" "nobody";\nredirect "${a}";'
    await scripted.script(failing)
    await scripted.receive(written("Un"))
    await scripted.receive(written("Deux"))
    subjects = await scripted.subjects()
    assert sorted(subjects) == sorted(["Un", "Deux", "Votre script de tri a échoué / Your sorting script failed"])
    notice = next(each for each in await scripted.messages() if "script" in each.subject)
    told = (await scripted.house.read(scripted.owner, notice.id)).decode()
    assert "Auto-Submitted: auto-generated" in told
    assert "ligne 2" in told
    assert "line 2" in told
    await scripted.script(failing + "\n")
    await scripted.receive(written("Trois"))
    assert len(await scripted.subjects()) == 5


async def test_a_duplicate_is_known_for_its_time(scripted: Scripted) -> None:
    await scripted.script('require "duplicate"; if duplicate :seconds 3600 { discard; }')
    same = {"Message_ID": "<same@finances.gouv.tg>"}
    await scripted.receive(written("Un", **same))
    await scripted.receive(written("Deux", **same))
    assert await scripted.subjects() == ["Un"]
    assert (await scripted.receive(written("Un", **same))).result is Result.REPEATED
    scripted.house.clock.advance(hours=2)
    await scripted.receive(written("Trois", **same))
    assert await scripted.subjects() == ["Trois", "Un"]


async def test_what_is_edited_is_what_is_kept(scripted: Scripted) -> None:
    await scripted.script(
        'require ["editheader", "fileinto", "copy"]; fileinto :copy "Archive";'
        ' deleteheader "Subject"; addheader "Subject" "Classé";'
    )
    await scripted.receive(written("Avant"))
    assert await scripted.subjects("Archive") == ["Avant"]
    (message,) = await scripted.messages()
    assert message.subject == "Classé"
    octets = await scripted.house.read(scripted.owner, message.id)
    assert octets.startswith(b"Return-Path: <chef@finances.gouv.tg>\r\nDelivered-To: ")
    assert octets.endswith(b"\r\n\r\nBonjour.\r\n")
    assert b"Subject: Avant" not in octets


async def test_bodies_are_read_for_scripts_that_ask_for_them(scripted: Scripted) -> None:
    await scripted.script('require ["body", "fileinto"]; if body :contains "bonjour" { fileinto "Archive"; }')
    await scripted.receive(written())
    assert await scripted.subjects("Archive") == ["Note"]


@pytest.mark.parametrize("odd", [b"", b"no header at all", b"From x\r\nSubject: a\r\n\r\nb", b"\xff: \xff\r\n\r\n\xff"])
async def test_odd_letters_are_kept(scripted: Scripted, odd: bytes) -> None:
    await scripted.script(
        'require ["editheader", "body", "variables", "fileinto"]; addheader "X-A" "b"; deleteheader "Subject";'
        ' if body :matches "*x*" { discard; } if header :matches "subject" "*" { fileinto "${1}"; }'
    )
    outcome = await scripted.receive(odd)
    assert outcome.result is Result.DELIVERED
    assert len(await scripted.messages()) == 1


async def test_a_refusal_in_the_dialogue_keeps_nothing(scripted: Scripted) -> None:
    await scripted.script('require "reject"; reject "Boîte fermée,\r\névitez-la";')
    outcome = await scripted.receive(written())
    assert outcome.result is Result.FAILED
    assert isinstance(outcome.error, Forbidden)
    assert outcome.error.detail == "Boite fermee, evitez-la"
    assert (await scripted.messages(), await scripted.queued()) == ([], [])


async def test_a_refusal_when_the_dialogue_is_over_tells_who_is_known_to_have_written(scripted: Scripted) -> None:
    await scripted.script('require "ereject"; ereject "Boîte fermée";')
    await scripted.receive(written(), refusable=False)
    assert await scripted.messages() == []
    (notice,) = await scripted.messages(owner="01JCHEF")
    assert notice.subject == "Message non remis / Undelivered message"
    told = (await scripted.house.read("01JCHEF", notice.id)).decode()
    assert "Boîte fermée" in told
    await scripted.receive(written("Dehors"), sender=OUTSIDE, refusable=False)
    ((sender, to, _),) = await scripted.queued()
    assert (sender, to) == ("", OUTSIDE)


@pytest.mark.parametrize(("sender", "proven"), [(OUTSIDE, False), ("", True)])
async def test_a_refusal_that_could_reach_somebody_else_keeps_the_letter(
    scripted: Scripted, sender: str, proven: bool
) -> None:
    await scripted.script('require "reject"; reject "Non";')
    await scripted.receive(written(), sender=sender, proven=proven, refusable=False)
    assert await scripted.subjects() == ["Note"]
    assert await scripted.queued() == []


async def test_one_of_several_recipients_refuses_for_itself_alone(scripted: Scripted) -> None:
    await scripted.script('require "reject"; reject "Non";')
    outcome = await scripted.receive(written(), also=["01JSECOND"])
    assert outcome.result is Result.DELIVERED
    assert await scripted.messages() == []
    assert await scripted.subjects(owner="01JSECOND") == ["Note"]
    assert await scripted.subjects(owner="01JCHEF") == ["Message non remis / Undelivered message"]


async def test_a_delivery_that_is_cut_short_does_nothing_and_the_next_one_all(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scripted.script(
        'require ["fileinto", "copy", "duplicate", "vacation"]; fileinto :copy "Archive";'
        f' redirect :copy "{OUTSIDE}"; vacation "Absent"; if duplicate {{ discard; }}'
    )
    store = scripted.house.mail.store

    async def dying(*_: object, **__: object) -> None:
        raise Unavailable("the process dies here")

    for part, step in [(store.repeats, "note"), (store.remembered, "keep"), (store.submissions, "insert")]:
        with monkeypatch.context() as dead:
            dead.setattr(part, step, dying)
            assert (await scripted.receive(written())).result is Result.FAILED
        assert await scripted.messages() == []
        scripted.house.queued.entries.clear()  # these belong to the transaction
    assert (await scripted.receive(written())).result is Result.DELIVERED
    assert (await scripted.receive(written())).result is Result.REPEATED
    assert await scripted.subjects() == await scripted.subjects("Archive") == ["Note"]
    assert len(await scripted.queued()) == 1
    assert await scripted.subjects(owner="01JCHEF") == ["Auto: Note"]


async def test_the_address_that_was_written_to_counts_with_its_detail(scripted: Scripted) -> None:
    await scripted.script(
        'require ["envelope", "subaddress", "fileinto"]; if envelope :detail "to" "projets" { fileinto "Archive"; }'
    )
    await scripted.receive(written(), to=OWN.replace("@", "+projets@"), sender=CHEF)
    assert await scripted.subjects("Archive") == ["Note"]


async def test_what_scripts_remember_goes_with_the_account(scripted: Scripted) -> None:
    await scripted.script('require "duplicate"; if duplicate { discard; }')
    await scripted.receive(written())
    house = scripted.house
    seen = [memory(scripted.owner, "seen", "\0<Note@numerique.gouv.tg>")]
    assert await house.mail.store.remembered.known(seen, house.clock()) == set(seen)
    await erase_account(house.mail, scripted.owner)
    assert await house.mail.store.remembered.known(seen, house.clock()) == set()


async def test_the_same_letter_that_comes_twice_at_once_is_kept_once(scripted: Scripted) -> None:
    await scripted.script('require "duplicate"; if duplicate { discard; }')
    same = {"Message_ID": "<same@finances.gouv.tg>"}
    await asyncio.gather(*(scripted.receive(written(f"Note {number}", **same)) for number in range(5)))
    assert len(await scripted.subjects()) == 1


async def test_what_another_process_saw_meanwhile_is_a_duplicate(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scripted.script('require ["duplicate", "fileinto"]; if duplicate { fileinto "Archive"; }')
    same = {"Message_ID": "<same@finances.gouv.tg>"}
    remembered = scripted.house.mail.store.remembered
    known, late = remembered.known, []

    async def before(memories: list[str], now: datetime) -> set[str]:
        found = await known(memories, now)
        if not late:
            late.append(True)
            await remembered.keep(memories[0], now + timedelta(hours=1), session=None)
        return found

    monkeypatch.setattr(remembered, "known", before)
    await scripted.receive(written(**same))
    assert (await scripted.subjects(), await scripted.subjects("Archive")) == ([], ["Note"])


async def test_a_mistake_of_the_engine_keeps_the_letter(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: object) -> None:
        raise RecursionError

    await scripted.script("discard;")
    monkeypatch.setattr("services.mail.usecases.run_script.execute", mistaken)
    assert (await scripted.receive(written())).result is Result.DELIVERED
    assert "Note" in await scripted.subjects()
