"""Files of events by REST, as the web workspace has them."""

import httpx
import pytest

from chassis.identity import Identity
from tests.calendar.attachments.conftest import NOTE, Files
from tests.calendar.conftest import Said
from tests.calendar.dav.conftest import event
from tests.calendar.office import Office


@pytest.fixture
async def path(files: Files, office: Office, agent: Identity) -> str:
    series = event("e1", "20261130T090000Z", "20261130T100000Z", "Suivi", "RRULE:FREQ=DAILY;COUNT=5")
    assert (await files.client.store("e1.ics", series)).status_code == 204
    (stored,) = await office.agenda.objects.of_owner_with_uid(agent.account_id, "e1")
    return f"/v1/calendar/events/{stored.key}/attachments"


async def test_files_are_listed_uploaded_downloaded_and_removed(
    http: httpx.AsyncClient, path: str, said: Said, agent: Identity
) -> None:
    own = said(agent)
    assert (await http.get(path, headers=own)).json() == {"attachments": []}
    upload = await http.post(
        path, params={"filename": "../plan été.html"}, content=NOTE, headers={**own, "content-type": "text/html"}
    )
    assert upload.status_code == 201
    made = upload.json()
    assert made == {"id": made["id"], "filename": "plan été.html", "media_type": "text/html", "octets": str(len(NOTE))}
    assert (await http.get(path, headers=own)).json() == {"attachments": [made]}
    found = await http.get(f"{path}/{made['id']}", headers=own)
    assert found.content == NOTE
    assert found.headers["content-security-policy"].startswith("sandbox;")
    assert found.headers["content-disposition"] == "attachment; filename*=UTF-8''plan%20%C3%A9t%C3%A9.html"
    part = await http.get(f"{path}/{made['id']}", headers={**own, "range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, NOTE[5:10])
    whole = (await http.get(path.removesuffix("/attachments"), headers=own)).json()["attachments"]
    assert [each["filename"] for each in whole] == ["plan été.html"]
    assert (await http.delete(f"{path}/{made['id']}", headers=own)).status_code == 204
    assert (await http.delete(f"{path}/{made['id']}", headers=own)).status_code == 404
    assert (await http.get(f"{path}/{made['id']}", headers=own)).status_code == 404


async def test_one_instance_carries_a_file(
    http: httpx.AsyncClient, path: str, said: Said, agent: Identity, files: Files
) -> None:
    own = said(agent)
    one = await http.post(path, params={"recurrence_id": "20261202T090000Z"}, content=NOTE, headers=own)
    assert one.status_code == 201
    assert one.json()["filename"] == "fichier"
    assert "RECURRENCE-ID:20261202T090000Z" in await files.content()
    wrong = await http.post(path, params={"recurrence_id": "20261202T100000Z"}, content=NOTE, headers=own)
    assert (wrong.status_code, wrong.json()["reason"]) == (403, "forbidden")


async def test_another_ministry_finds_no_door(
    http: httpx.AsyncClient, path: str, said: Said, agent: Identity, stranger: Identity, office: Office, files: Files
) -> None:
    managed_id = await files.added()
    before = [each async for each in office.database["objects"].find({"owner": agent.account_id})]
    foreign = said(stranger)
    doors = (("GET", ""), ("POST", ""), *((method, f"/{managed_id}") for method in ("GET", "HEAD", "DELETE")))
    for asked in (path, path.replace("acc-agent1", "acc-nobody")):
        for method, below in doors:
            answer = await http.request(method, asked + below, headers=foreign, content=NOTE * (method == "POST"))
            assert answer.status_code == 404, (method, below, answer.text)
            assert "ordre" not in answer.text
    # Of a PUT, 409 says that there is nothing to put it into (RFC 4918 §9.7.1), whoever else has what.
    for method in ("GET", "HEAD", "PROPFIND", "PUT", "DELETE", "POST", "COPY"):
        answer = await http.request(
            method, f"/dav/calendars/attachments/{managed_id}/ordre.txt", headers=foreign, content=b""
        )
        assert answer.status_code in (400, 404, 405, 409), (method, answer.status_code)
    assert [each async for each in office.database["objects"].find({"owner": agent.account_id})] == before
    assert await office.agenda.attachments.used(stranger.account_id) == (0, 0)
