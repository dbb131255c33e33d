"""Events through the gateway, as the web workspace asks for them."""

import httpx

from chassis.identity import Identity
from tests.calendar.conftest import Api


async def test_an_event_lives_by_http(http: httpx.AsyncClient, api: Api, agent: Identity) -> None:
    http.headers["authorization"] = f"Bearer {api.token(agent)}"
    home = (await http.get("/v1/calendars")).json()["calendars"][0]["id"]
    given = {
        "title": "Point", "start": {"local": "2026-12-01T09:00:00"}, "end": {"local": "2026-12-01T09:30:00"},
        "recurrence": {"frequency": "FREQUENCY_DAILY", "count": 3},
    }  # fmt: skip
    made = await http.post(f"/v1/calendars/{home}/events", json=given)
    assert made.status_code == 201, made.text
    key, etag = made.json()["id"], made.json()["etag"]
    window = {"start": "2026-12-01T00:00:00Z", "end": "2026-12-08T00:00:00Z"}
    shown = (await http.get("/v1/calendar/instances", params=window)).json()["instances"]
    assert [each["local_start"] for each in shown] == [f"2026-12-0{day}T09:00:00" for day in (1, 2, 3)]
    one = {"scope": "SCOPE_THIS", "recurrence_id": shown[1]["recurrence_id"]}
    moved = {"etag": etag, "title": "Point long", "end": {"local": "2026-12-02T10:00:00"}}
    changed = await http.patch(f"/v1/calendar/events/{key}", params=one, json=moved)
    assert (changed.status_code, changed.json()["changed_instances"]) == (200, [one["recurrence_id"]]), changed.text
    assert (await http.patch(f"/v1/calendar/events/{key}", params=one, json=moved)).status_code == 412
    read = await http.get(f"/v1/calendar/events/{key}", params={"recurrence_id": one["recurrence_id"]})
    assert (read.json()["title"], read.json()["end"]["local"]) == ("Point long", "2026-12-02T10:00:00")
    hits = (await http.get("/v1/calendar/events:search", params={"query": "long"})).json()["events"]
    assert [each["event_id"] for each in hits] == [key]
    cursor = (await http.get("/v1/calendar/changes")).json()["cursor"]
    file = await http.get(f"/v1/calendars/{home}:export")
    assert (file.status_code, file.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert (await http.delete(f"/v1/calendar/events/{key}")).status_code == 204
    told = (await http.get("/v1/calendar/changes", params={"cursor": cursor})).json()["changes"]
    assert [(each["event_id"], each["deleted"]) for each in told] == [(key, True)]
    typed = {"content-type": "text/calendar"}
    taken = await http.post(f"/v1/calendars/{home}:import", content=file.content, headers=typed)
    assert (taken.status_code, taken.json()["created"]) == (200, 1), taken.text
    dry = await http.post(
        f"/v1/calendars/{home}:import", params={"validate_only": "true"}, content=file.content, headers=typed
    )
    assert dry.json()["unchanged"] == 1
    refused = await http.post(f"/v1/calendars/{home}/events", json={"title": "x", "start": {"local": "demain"}})
    assert (refused.status_code, "start" in refused.text) == (400, True)


async def test_a_task_lives_by_http(http: httpx.AsyncClient, api: Api, agent: Identity, colleague: Identity) -> None:
    who = {"authorization": f"Bearer {api.token(agent)}"}
    home = (await http.get("/v1/calendars", headers=who)).json()["calendars"][0]["id"]
    said = {
        "title": "Rapport", "priority": 1, "start": {"local": "2026-12-01T09:00:00"},
        "due": {"local": "2026-12-01T17:00:00"}, "recurrence": {"frequency": "FREQUENCY_WEEKLY", "count": 3},
    }  # fmt: skip
    made = await http.post(f"/v1/calendars/{home}/tasks", json=said, headers=who)
    assert made.status_code == 201, made.text
    path = f"/v1/calendar/tasks/{made.json()['id']}"
    at = "20261201T090000Z"
    for wrong, code in (("20261202T090000Z", 404), ("demain", 400), ("", 400)):
        refused = await http.post(f"{path}:complete", json={"recurrence_id": wrong}, headers=who)
        assert refused.status_code == code, refused.text
    done = await http.post(f"{path}:complete", json={"recurrence_id": at}, headers=who)
    assert (done.json()["status"], done.json()["percent"]) == ("TASK_STATUS_COMPLETED", 100)
    listed = await http.get("/v1/calendar/tasks", params={"state": "TASK_STATE_OPEN", "page_size": 5}, headers=who)
    assert [each["recurrence_id"] for each in listed.json()["tasks"]] == ["20261208T090000Z"]
    changed = await http.patch(path, json={"title": "Bilan"}, params={"update_mask": "title"}, headers=who)
    assert (changed.json()["title"], (await http.get(path, headers=who)).json()["title"]) == ("Bilan", "Bilan")
    other = {"authorization": f"Bearer {api.token(colleague)}"}
    assert (await http.get(path, headers=other)).status_code == 404
    assert (await http.delete(path, headers=who)).status_code == 204
    assert (await http.get(path, headers=who)).status_code == 404
