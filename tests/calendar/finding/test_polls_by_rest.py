"""Meeting polls by REST: colleagues answer, the best time becomes a meeting, and nobody else sees any of it."""

from typing import Any

import httpx
import pytest

from chassis.identity import Identity
from services.calendar.store.polls import PollStore
from tests.calendar.conftest import Said
from tests.calendar.office import Office, body_of
from tests.calendar.scheduling.post import attendee_line, copies_of, copy_of, delivered

POLLS = "/v1/calendar/polls"
TIMES = [{"start": f"2026-12-0{day}T09:00:00Z", "end": f"2026-12-0{day}T10:00:00Z"} for day in (9, 7, 8)]


async def asked(http: httpx.AsyncClient, headers: dict[str, str], *people: Identity, **more: Any) -> dict[str, Any]:
    body = {"title": "Budget", "options": TIMES, "invitees": [each.address for each in people], **more}
    made = await http.post(POLLS, json=body, headers=headers)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def vote(
    http: httpx.AsyncClient, headers: dict[str, str], poll: dict[str, Any], **answers: str
) -> httpx.Response:
    said = {option.removeprefix("o"): f"POLL_ANSWER_{answer}" for option, answer in answers.items()}
    return await http.put(f"{POLLS}/{poll['id']}/vote", json={"answers": said}, headers=headers)


async def test_the_time_that_suits_most_becomes_a_meeting(
    http: httpx.AsyncClient, said: Said, office: Office, agent: Identity, colleague: Identity, third: Identity
) -> None:
    poll = await asked(http, said(agent), colleague, third)
    assert [each["start"] for each in poll["options"]] == sorted(each["start"] for each in TIMES)
    letters = [body_of(each) for each in await office.facts("letter_requested")]
    assert {each["account_id"] for each in letters} == {colleague.account_id, third.account_id}
    assert "Budget" in letters[0]["subject"]
    assert (await vote(http, said(colleague), poll, o1="NO", o2="YES", o3="YES")).status_code == 200
    answered = await vote(http, said(third), poll, o1="NO", o2="IF_NEEDED", o3="NO")
    assert answered.json()["best_option_id"] == "2"
    ended = await http.post(f"{POLLS}/{poll['id']}:close", json={}, headers=said(agent))
    assert (ended.json()["closed"], ended.json()["chosen_option_id"]) == (True, "2")
    uid = f"{poll['id'].partition('.')[2].lower()}@polls"
    assert "DTSTART:20261208T090000Z" in (await copy_of(office, agent, uid)).content.decode()
    await delivered(office)
    assert attendee_line(await copy_of(office, third, uid), third.address)
    again = await http.post(f"{POLLS}/{poll['id']}:close", json={}, headers=said(agent))
    assert again.status_code == 412
    assert (await vote(http, said(third), poll, o1="YES")).status_code == 412


async def test_who_cannot_come_is_not_invited_and_with_nobody_there_is_no_meeting(
    http: httpx.AsyncClient, said: Said, office: Office, agent: Identity, colleague: Identity, third: Identity
) -> None:
    poll = await asked(http, said(agent), colleague, third)
    await vote(http, said(colleague), poll, o1="NO")
    await vote(http, said(third), poll, o1="YES")
    await http.post(f"{POLLS}/{poll['id']}:close", json={"option_id": "1"}, headers=said(agent))
    await delivered(office)
    uid = f"{poll['id'].partition('.')[2].lower()}@polls"
    assert (await copies_of(office, colleague, uid), len(await copies_of(office, third, uid))) == ([], 1)
    nobody = await asked(http, said(agent), colleague)
    ended = await http.post(f"{POLLS}/{nobody['id']}:close", json={}, headers=said(agent))
    assert (ended.json()["closed"], ended.json()["chosen_option_id"]) == (True, "")
    assert await copies_of(office, agent, f"{nobody['id'].partition('.')[2].lower()}@polls") == []


async def test_a_poll_whose_closing_was_cut_off_makes_one_meeting(
    http: httpx.AsyncClient, said: Said, office: Office, agent: Identity, colleague: Identity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    poll = await asked(http, said(agent), colleague)
    await vote(http, said(colleague), poll, o1="YES")

    async def killed(*_: Any) -> bool:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(PollStore, "change", killed)
        assert (await http.post(f"{POLLS}/{poll['id']}:close", json={}, headers=said(agent))).status_code == 500
    await delivered(office)
    assert (await http.post(f"{POLLS}/{poll['id']}:close", json={}, headers=said(agent))).json()["closed"]
    await delivered(office)
    uid = f"{poll['id'].partition('.')[2].lower()}@polls"
    assert [len(await copies_of(office, who, uid)) for who in (agent, colleague)] == [1, 1]


async def test_a_poll_is_there_for_those_alone_whom_it_asks(
    http: httpx.AsyncClient, said: Said, agent: Identity, colleague: Identity, third: Identity
) -> None:
    poll = await asked(http, said(agent), colleague)
    path = f"{POLLS}/{poll['id']}"
    for who, seen in ((agent, 1), (colleague, 1), (third, 0)):
        assert len((await http.get(POLLS, headers=said(who))).json()["polls"]) == seen
        assert (await http.get(path, headers=said(who))).status_code == (200 if seen else 404)
    assert (await vote(http, said(third), poll, o1="YES")).status_code == 404
    for who in (colleague, third):
        assert (await http.post(f"{path}:close", json={}, headers=said(who))).status_code == 404
        assert (await http.delete(path, headers=said(who))).status_code == 404
    assert (await http.delete(path, headers=said(agent))).status_code == 204
    assert (await http.get(path, headers=said(agent))).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"title": "a\nb"}, {"options": []}, {"options": [TIMES[0], TIMES[0]]}, {"invitees": []},
        {"options": [{"start": "2026-11-01T09:00:00Z", "end": "2026-11-01T10:00:00Z"}]},
        {"options": [{"start": "2026-12-09T09:00:00Z", "end": "2026-12-09T09:00:00Z"}]},
        {"invitees": ["personne@numerique.gouv.tg"]}, {"invitees": [f"a{n}@gouv.tg" for n in range(101)]},
        {"deadline": "2026-11-01T09:00:00Z"},
    ],
)  # fmt: skip
async def test_polls_that_are_refused(
    http: httpx.AsyncClient, said: Said, agent: Identity, colleague: Identity, wrong: dict[str, Any]
) -> None:
    body = {"title": "Budget", "options": TIMES, "invitees": [colleague.address], **wrong}
    assert (await http.post(POLLS, json=body, headers=said(agent))).status_code == 400


async def test_answers_that_are_refused(
    http: httpx.AsyncClient, said: Said, office: Office, agent: Identity, colleague: Identity
) -> None:
    poll = await asked(http, said(agent), colleague, deadline="2026-12-01T00:00:00Z")
    assert (await vote(http, said(colleague), poll, o9="YES")).status_code == 400
    assert (await vote(http, said(colleague), poll, o1="UNSPECIFIED")).status_code == 400
    long = {"answers": {}, "comment": "x" * 501}
    assert (await http.put(f"{POLLS}/{poll['id']}/vote", json=long, headers=said(colleague))).status_code == 400
    office.clock.pass_by(days=2)
    assert (await vote(http, said(colleague), poll, o1="YES")).status_code == 412


async def test_of_an_account_that_is_erased_nothing_stays(
    http: httpx.AsyncClient, said: Said, office: Office, agent: Identity, colleague: Identity, third: Identity
) -> None:
    own, other = await asked(http, said(agent), third), await asked(http, said(third), agent, colleague)
    for who in (agent, colleague):
        await vote(http, said(who), other, o1="YES")
    for _ in range(2):
        await office.agenda.polls.forget(agent.account_id)
    left = (await http.get(f"{POLLS}/{other['id']}", headers=said(third))).json()
    assert [each["account_id"] for each in left["votes"]] == [colleague.account_id]
    assert agent.account_id not in left["invitee_ids"]
    assert (await http.get(f"{POLLS}/{own['id']}", headers=said(third))).status_code == 404
