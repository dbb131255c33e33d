"""Meeting polls with people who have no account: asked by a letter, answered by its link, told how it ended."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from chassis.errors import InvalidInput, NotFound, PreconditionFailed, TooManyRequests
from chassis.identity import Identity
from services.calendar.domain.finding.poll import Answer
from services.calendar.domain.poll_guests import MOST_BY_ADDRESS, MOST_GUESTS, MOST_OF_A_DAY
from services.calendar.store.polls import KeptPoll
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.poll_guests import shown_poll, vote_as_guest
from services.calendar.usecases.polls import close_poll, create_poll, delete_poll, get_poll
from tests.calendar.conftest import Api
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import attendee_line, copies_of, copy_of, delivered

GUEST, OTHER = "invitee@ministere.example", "partenaire@ailleurs.example"
TIMES = [
    (datetime(2026, 12, day, 9, tzinfo=UTC), datetime(2026, 12, day, 10, tzinfo=UTC)) for day in (7, 8)
]  # fmt: skip
ASKED = "invitation_requested"


@pytest.fixture(autouse=True)
async def home(office: Office, agent: Identity) -> None:
    await own_calendars(office.agenda, agent.account_id)


async def asked(office: Office, who: Identity, *invitees: str) -> tuple[KeptPoll, dict[str, str]]:
    """The poll, and the secrets of its guests' links."""
    kept = await create_poll(office.agenda, who, "Budget", TIMES, invitees, TIMES[0][0])
    letters = [body_of(each) for each in await office.facts(ASKED)]
    await office.published()
    found = {}
    for letter in letters:
        link = re.search(r"/sondage/([A-Za-z0-9_-]{43})\r\n", letter["text"])
        assert link is not None
        assert not letter.get("content")
        assert letter["secret"]
        (to,) = letter["attendees"]
        found[to["address"]] = link[1]
    return kept, found


async def test_guests_answer_by_their_link_and_are_invited(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    kept, links = await asked(office, agent, colleague.address, GUEST.upper(), OTHER)
    assert links.keys() == {GUEST, OTHER}
    assert not any(secret in str(kept) for secret in links.values())
    shown = await shown_poll(office.agenda, links[GUEST])
    assert (shown.guest.address, shown.vote, shown.open) == (GUEST, None, True)
    await vote_as_guest(office.agenda, links[GUEST], {"1": Answer.NO, "2": Answer.YES}, "Plutôt mardi")
    await vote_as_guest(office.agenda, links[OTHER], {"1": Answer.YES, "2": Answer.NO}, "")
    # Another answer by the same link takes the place of the first.
    await vote_as_guest(office.agenda, links[GUEST], {"1": Answer.NO, "2": Answer.IF_NEEDED}, "")
    votes = (await get_poll(office.agenda, agent, kept.key)).poll.votes
    assert sorted(vote.name for vote in votes.values()) == [GUEST, OTHER]
    ended = await close_poll(office.agenda, agent, kept.key, "2")
    line = attendee_line(await copy_of(office, agent, kept.uid), GUEST)
    assert "PARTSTAT=NEEDS-ACTION" in line
    letters = [body_of(each) for each in await delivered(office) if each.type == ASKED]
    said = {each["attendees"][0]["address"]: each for each in letters}
    assert (said[GUEST]["method"], len(said), ended.poll.chosen) == ("REQUEST", 2, "2")
    # Who cannot come learns of the result, and is not invited.
    assert not said[OTHER].get("method")
    assert not any(each.get("secret") for each in said.values())
    assert "mardi 8 décembre 2026, de 9 h 00 à 10 h 00" in said[OTHER]["text"]
    assert "Tuesday 8 December 2026, 09:00 to 10:00" in said[OTHER]["text"]
    assert attendee_line(await copy_of(office, agent, kept.uid), OTHER) == ""
    with pytest.raises(PreconditionFailed):
        await vote_as_guest(office.agenda, links[GUEST], {"1": Answer.YES}, "")
    assert (await shown_poll(office.agenda, links[OTHER])).kept.poll.chosen == "2"


async def test_a_poll_that_ends_with_nothing_tells_its_guests(office: Office, agent: Identity) -> None:
    kept, _ = await asked(office, agent, GUEST)
    await close_poll(office.agenda, agent, kept.key, "")
    (letter,) = [body_of(each) for each in await office.facts(ASKED)]
    assert "Aucune date" in letter["text"]
    assert await copies_of(office, agent, kept.uid) == []


async def test_a_link_opens_its_own_answers_alone(office: Office, agent: Identity, colleague: Identity) -> None:
    kept, links = await asked(office, agent, GUEST, OTHER)
    await vote_as_guest(office.agenda, links[OTHER], {"1": Answer.YES}, "Secret")
    assert (await shown_poll(office.agenda, links[GUEST])).vote is None
    for wrong in ("", "x", kept.key, links[GUEST][:-1] + "é", kept.guests[0].digest, "A" * 43):
        with pytest.raises(NotFound):
            await shown_poll(office.agenda, wrong)
    with pytest.raises(InvalidInput):
        await vote_as_guest(office.agenda, links[GUEST], {"9": Answer.YES}, "")
    with pytest.raises(InvalidInput):
        await vote_as_guest(office.agenda, links[GUEST], {}, "x" * 501)
    await office.agent("agent1", suspended=True)
    with pytest.raises(NotFound):
        await shown_poll(office.agenda, links[GUEST])
    await office.agent("agent1")
    office.clock.pass_by(days=8)
    with pytest.raises(PreconditionFailed):
        await vote_as_guest(office.agenda, links[GUEST], {"1": Answer.YES}, "")
    await delete_poll(office.agenda, agent, kept.key)
    with pytest.raises(NotFound):
        await shown_poll(office.agenda, links[GUEST])


@pytest.mark.parametrize(
    "address", ["personne", "a@b", "a@b.tg\r\nBcc: c@d.tg", "salle@ressources.gouv.tg", "x@numerique.gouv.tg"]
)
async def test_addresses_that_are_nobodys_get_no_letter(office: Office, agent: Identity, address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_poll(office.agenda, agent, "Budget", TIMES, [GUEST, address], None)
    assert "invitees" in refused.value.fields
    assert await office.facts(ASKED) == []


async def test_floods_of_letters_are_refused(office: Office, agent: Identity, colleague: Identity) -> None:
    many = [f"v{number}@example.org" for number in range(MOST_GUESTS + 1)]
    with pytest.raises(InvalidInput):
        await create_poll(office.agenda, agent, "Budget", TIMES, many, None)
    for at in range(MOST_OF_A_DAY // MOST_GUESTS):
        people = [f"v{at}-{number}@example.org" for number in range(MOST_GUESTS)]
        await create_poll(office.agenda, agent, "Budget", TIMES, people, None)
    with pytest.raises(TooManyRequests):
        await create_poll(office.agenda, agent, "Budget", TIMES, many[:MOST_GUESTS], None)
    for _ in range(MOST_BY_ADDRESS):
        await create_poll(office.agenda, colleague, "Budget", TIMES, [GUEST], None)
    with pytest.raises(TooManyRequests):
        await create_poll(office.agenda, colleague, "Budget", TIMES, [GUEST], None)
    office.clock.pass_by(days=1, minutes=1)
    later = [(start + timedelta(days=7), end + timedelta(days=7)) for start, end in TIMES]
    await create_poll(office.agenda, colleague, "Budget", later, [GUEST], None)


async def test_a_poll_in_a_browser(http: httpx.AsyncClient, api: Api, office: Office, agent: Identity) -> None:
    said = {"headers": {"authorization": f"Bearer {api.token(agent)}"}}
    body = {
        "title": "Budget <b>", "invitees": [GUEST],
        "options": [{"start": start.isoformat(), "end": end.isoformat()} for start, end in TIMES],
    }  # fmt: skip
    made = await http.post("/v1/calendar/polls", json=body, **said)
    assert made.status_code == 201, made.text
    assert [each["address"] for each in made.json()["guests"]] == [GUEST]
    (letter,) = [body_of(each) for each in await office.facts(ASKED)]
    link = re.search(r"/sondage/\S+", letter["text"])
    assert link is not None
    shown = await http.get(link[0], headers={"accept-language": "fr"})
    assert shown.status_code == 200, shown.text
    assert "Budget &lt;b&gt;" in shown.text
    assert '<meta name="robots" content="noindex">' in shown.text
    assert "<script" not in shown.text
    assert GUEST in shown.text
    assert "lundi 7 décembre 2026" in shown.text
    token = re.search(r'name="csrf" value="([^"]+)"', shown.text)
    assert token is not None
    form = {"csrf": token[1], "option_1": "no", "option_2": "yes", "comment": "Plutôt mardi"}
    assert (await http.post(link[0], data={**form, "csrf": "x"})).status_code == 403
    for wrong in ({"option_1": "maybe"}, {"option_9": "yes"}, {"comment": "x" * 501}):
        assert (await http.post(link[0], data={**form, **wrong})).status_code == 422
    kept = await http.post(link[0], data=form, headers={"accept-language": "en"})
    assert (kept.status_code, "Your answers are kept" in kept.text, "Plutôt mardi" in kept.text) == (200, True, True)
    poll = (await http.get(f"/v1/calendar/polls/{made.json()['id']}", **said)).json()
    (vote,) = poll["votes"]
    assert (vote["guest_id"], vote["name"], vote["answers"]["2"]) == (
        poll["guests"][0]["id"], GUEST, "POLL_ANSWER_YES",
    )  # fmt: skip
    await http.post(f"/v1/calendar/polls/{poll['id']}:close", json={"option_id": "2"}, **said)
    over = await http.post(link[0], data=form, headers={"accept-language": "fr"})
    assert (over.status_code, "La date retenue : mardi 8 décembre 2026" in over.text) == (409, True)
    assert (await http.get("/sondage/x")).status_code == 404
