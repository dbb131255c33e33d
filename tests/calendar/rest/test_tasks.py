"""Tasks by fields: written, listed by when they are due, done, changed and deleted, of a series each by itself."""

from collections.abc import Sequence
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from workspace.calendar.v1 import tasks_pb2 as pb

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from services.calendar.api.task_messages import task_fields, task_message
from services.calendar.api.tasks import due_given
from services.calendar.domain.access import Grant, Role
from services.calendar.domain.structured.fields import Fields
from services.calendar.domain.tasks import State
from services.calendar.usecases.event_at import TASK
from services.calendar.usecases.list_tasks import list_tasks
from services.calendar.usecases.read_event import read_event
from services.calendar.usecases.write_event import Meant, Scope, create_event, delete_event, update_event
from tests.calendar.office import Office, event
from tests.calendar.rest.given import share

PARIS = {"local": "2026-12-04T17:00:00", "time_zone": "Europe/Paris"}
WEEKLY = {
    "start": {"local": "2026-12-01T09:00:00"}, "due": {"local": "2026-12-01T12:00:00"},
    "recurrence": {"frequency": "FREQUENCY_WEEKLY", "count": 4},
}  # fmt: skip
SECOND, THIRD = "20261208T090000Z", "20261215T090000Z"


def given(**said: Any) -> pb.Task:
    message: pb.Task = ParseDict(said, pb.Task())
    return message


async def created(office: Office, who: Identity, calendar: str, **said: Any) -> pb.Task:
    return task_message(await create_event(office.agenda, who, calendar, task_fields(given(**said)), TASK))


async def read(office: Office, who: Identity, task_id: str, recurrence_id: str = "") -> pb.Task:
    return task_message(await read_event(office.agenda, who, task_id, recurrence_id, TASK))


async def changed(
    office: Office, who: Identity, task_id: str, scope: Scope = Scope.ALL, at: str = "", etag: str = "", **said: Any
) -> pb.Task:
    fields = task_fields(given(**said), list(said))
    return task_message(await update_event(office.agenda, who, task_id, fields, Meant(scope, at, etag), TASK))


async def completed(office: Office, who: Identity, task_id: str, at: str = "", etag: str = "") -> pb.Task:
    meant = Meant(Scope.THIS, at, etag)
    await update_event(office.agenda, who, task_id, Fields(status="COMPLETED"), meant, TASK)
    return await read(office, who, task_id, at)


async def titles(
    office: Office, who: Identity, state: State = State.ALL, calendars: Sequence[str] = (), **due: str
) -> list[str]:
    window = due_given(ParseDict(due, pb.ListTasksRequest()))
    page = await list_tasks(office.agenda, who, calendars, state, window, 0, "")
    return [task_message(each).title for each in page.tasks]


async def content(office: Office, task_id: str) -> str:
    stored = await office.agenda.objects.find(task_id)
    assert stored is not None
    return stored.content.decode()


async def test_what_is_said_of_a_task_is_what_is_read(office: Office, agent: Identity, home: str) -> None:
    made = await created(
        office, agent, home, title="Rapport annuel", description="Lu, signé; envoyé", location="Lomé",
        start={"local": "2026-12-01T09:00:00", "time_zone": "Europe/Paris"}, due=PARIS, priority=1, percent=30,
        status="TASK_STATUS_IN_PROCESS", visibility="VISIBILITY_PRIVATE", categories=["Budget"], color="teal",
        url="https://gouv.tg/rapport", reminders=[{"minutes_before": 60, "from_end": True}],
        attendees=[{"address": "agent2@numerique.gouv.tg"}],
    )  # fmt: skip
    assert await read(office, agent, made.id) == made
    assert (made.title, made.priority, made.percent, made.status) == ("Rapport annuel", 1, 30, 2)
    assert (made.due.local, made.due.time_zone) == ("2026-12-04T17:00:00", "Europe/Paris")
    assert made.due.moment.ToJsonString() == "2026-12-04T16:00:00Z"
    assert (made.description, made.location, made.url) == ("Lu, signé; envoyé", "Lomé", "https://gouv.tg/rapport")
    assert [each.address for each in made.attendees] == ["agent2@numerique.gouv.tg"]
    assert made.organizer.address == agent.address
    assert (made.reminders[0].minutes_before, made.reminders[0].from_end) == (60, True)
    text = await content(office, made.id)
    assert "BEGIN:VTODO" in text
    assert "DUE;TZID=Europe/Paris:20261204T170000" in text


async def test_a_task_without_a_time_gets_one_and_loses_it(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Un jour")
    assert not made.HasField("start")
    assert not made.HasField("due")
    day = await changed(office, agent, made.id, due={"local": "2026-12-24"}, reminders=[{"minutes_before": 1440}])
    assert "DUE;VALUE=DATE:20261224" in await content(office, made.id)
    assert (day.due.local, day.reminders[0].from_end) == ("2026-12-24", True), "there is no begin to count from"
    never = await changed(office, agent, made.id, due={}, reminders=[])
    assert not never.HasField("due")


async def test_done_says_since_when_and_undone_says_nothing_of_it(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Rapport", due=PARIS, percent=30)
    done = await completed(office, agent, made.id, etag=made.etag)
    assert (done.status, done.percent) == (pb.TASK_STATUS_COMPLETED, 100)
    assert done.completed_at.ToJsonString() == "2026-11-30T07:00:00Z"
    assert "COMPLETED:20261130T070000Z" in await content(office, made.id)
    office.clock.pass_by(hours=1)
    assert (await completed(office, agent, made.id)).completed_at == done.completed_at, "it was done before"
    with pytest.raises(PreconditionFailed):
        await completed(office, agent, made.id, etag=made.etag)
    again = await changed(office, agent, made.id, status="TASK_STATUS_NEEDS_ACTION")
    assert (again.status, again.percent, again.HasField("completed_at")) == (pb.TASK_STATUS_NEEDS_ACTION, 0, False)


async def test_of_a_series_one_instance_is_done(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", **WEEKLY)
    with pytest.raises(InvalidInput):
        await completed(office, agent, made.id)
    done = await completed(office, agent, made.id, SECOND)
    assert (done.recurrence_id, done.status) == (SECOND, pb.TASK_STATUS_COMPLETED)
    assert done.due.local == "2026-12-08T12:00:00"
    assert (await read(office, agent, made.id, THIRD)).status == pb.TASK_STATUS_NEEDS_ACTION
    assert list((await read(office, agent, made.id)).changed_instances) == [SECOND]


async def shown(office: Office, who: Identity, state: State, **due: str) -> list[str]:
    window = due_given(ParseDict(due, pb.ListTasksRequest()))
    page = await list_tasks(office.agenda, who, (), state, window, 0, "")
    return [task_message(each).recurrence_id for each in page.tasks]


async def test_a_list_has_of_a_series_what_is_to_do_next(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", **WEEKLY)
    assert await shown(office, agent, State.OPEN) == ["20261201T090000Z"]
    await completed(office, agent, made.id, "20261201T090000Z")
    assert await shown(office, agent, State.OPEN) == [SECOND]
    assert await shown(office, agent, State.DONE) == ["20261201T090000Z"]
    assert await shown(office, agent, State.ALL) == ["20261201T090000Z", SECOND]
    december = {"due_from": "2026-12-08T12:00:00Z", "due_before": "2026-12-22T12:00:00Z"}
    assert await shown(office, agent, State.OPEN, **december) == [SECOND, THIRD], (
        "due as the window begins, and not as it ends"
    )
    await changed(office, agent, made.id, status="TASK_STATUS_COMPLETED")
    assert await shown(office, agent, State.OPEN) == []


async def test_lists_go_by_due_and_urgency(office: Office, agent: Identity, home: str) -> None:
    await created(office, agent, home, title="sans date")
    await created(office, agent, home, title="vendredi", due=PARIS)
    await created(office, agent, home, title="vendredi urgent", due=PARIS, priority=1)
    await created(office, agent, home, title="jeudi", due={"local": "2026-12-03"})
    early = await created(office, agent, home, title="fait", due={"local": "2026-12-01"})
    await created(office, agent, home, title="annulé", status="TASK_STATUS_CANCELLED")
    await completed(office, agent, early.id)
    await office.put(agent, event("u1"), "event.ics")
    assert await titles(office, agent, State.OPEN) == ["jeudi", "vendredi urgent", "vendredi", "sans date"]
    assert await titles(office, agent, State.DONE) == ["fait"]
    assert len(await titles(office, agent)) == 6
    assert await titles(office, agent, due_before="2026-12-04T00:00:00Z") == ["fait", "jeudi"]
    assert await titles(office, agent, due_from="2026-12-04T16:00:00Z") == ["vendredi urgent", "vendredi"]
    with pytest.raises(InvalidInput):
        await titles(office, agent, due_from="2026-12-04T00:00:00Z", due_before="2026-12-03T00:00:00Z")


async def test_pages_of_tasks_give_each_once(office: Office, agent: Identity, home: str) -> None:
    for number in range(5):
        await created(office, agent, home, title=f"t{number}", due=PARIS)
    window, found, token = due_given(pb.ListTasksRequest()), [], ""
    for _ in range(3):
        page = await list_tasks(office.agenda, agent, [], State.OPEN, window, 2, token)
        found += [task_message(each).title for each in page.tasks]
        token = page.following
    assert (sorted(found), token) == ([f"t{number}" for number in range(5)], "")
    for size, wrong in ((101, ""), (-1, ""), (2, "x"), (2, "é"), (2, "MSAy")):
        with pytest.raises(InvalidInput):
            await list_tasks(office.agenda, agent, [], State.OPEN, window, size, wrong)


async def test_tasks_of_others_are_there_as_they_are_shared_and_secrets_are_not(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, home: str
) -> None:
    made = await created(office, agent, home, title="Rapport", due=PARIS)
    secret = await created(office, agent, home, title="Secret", visibility="VISIBILITY_PRIVATE", due=PARIS)
    for who in (colleague, stranger):
        assert await titles(office, who) == []
        for act in (read(office, who, made.id), completed(office, who, made.id), titles(office, who, calendars=[home])):
            with pytest.raises(NotFound):
                await act
    await share(office, home, Grant(colleague.account_id, Role.FREE_BUSY))
    assert await titles(office, colleague) == []
    await share(office, home, Grant(colleague.account_id, Role.READ))
    assert await titles(office, colleague) == ["Rapport"]
    with pytest.raises(Forbidden):
        await completed(office, colleague, made.id)
    await share(office, home, Grant(colleague.account_id, Role.WRITE))
    assert (await completed(office, colleague, made.id)).status == pb.TASK_STATUS_COMPLETED
    for wanted in (
        read(office, colleague, secret.id), completed(office, colleague, secret.id),
        delete_event(office.agenda, colleague, secret.id, Meant(), TASK),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await wanted
    assert await titles(office, agent, State.OPEN) == ["Secret"]


async def test_tasks_are_deleted_whole_or_one_of_a_series(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Point", **WEEKLY)
    await delete_event(office.agenda, agent, made.id, Meant(Scope.THIS, SECOND), TASK)
    assert list((await read(office, agent, made.id)).recurrence.excluded) == [SECOND]
    with pytest.raises(PreconditionFailed):
        await delete_event(office.agenda, agent, made.id, Meant(etag=made.etag), TASK)
    await delete_event(office.agenda, agent, made.id, Meant(), TASK)
    assert await titles(office, agent) == []


async def test_an_event_is_no_task(office: Office, agent: Identity) -> None:
    key = (await office.put(agent, event("u1"))).stored.key
    for act in (read(office, agent, key), completed(office, agent, key), changed(office, agent, key, title="Pris")):
        with pytest.raises(NotFound):
            await act


@pytest.mark.parametrize(
    "said",
    [
        {"priority": 10}, {"priority": -1}, {"percent": 101}, {"percent": -1}, {"title": "a\nb"},
        {"due": {"local": "demain"}}, {"due": {"local": "2026-11-30T08:00:00"}}, {"due": {"local": "2026-12-02"}},
        {"due": {"local": "2026-12-02T09:00:00", "time_zone": "Mars/Olympus"}}, {"url": "javascript:alert(1)"},
        {"start": {"local": "2026-12-06T09:00:00"}},
    ],
)  # fmt: skip
async def test_bad_fields_of_tasks_are_refused_by_name(
    office: Office, agent: Identity, home: str, said: dict[str, Any]
) -> None:
    base: dict[str, Any] = {"title": "Point", "start": {"local": "2026-12-01T09:00:00"}, "due": PARIS}
    before = await office.state()
    with pytest.raises(InvalidInput) as refused:
        await created(office, agent, home, **(base | said))
    assert next(iter(refused.value.fields)).partition(".")[0] in {*said, *(["due"] if "start" in said else [])}
    assert await office.state() == before


@pytest.mark.parametrize(
    "said", [{"recurrence": {"frequency": "FREQUENCY_DAILY"}}, {"reminders": [{"minutes_before": 5}]}]
)
async def test_what_needs_a_time_needs_one(office: Office, agent: Identity, home: str, said: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await created(office, agent, home, title="Un jour", **said)
    assert {*refused.value.fields} == {*said}


async def test_a_start_is_of_the_kind_of_the_due_and_before_it(office: Office, agent: Identity, home: str) -> None:
    made = await created(office, agent, home, title="Rapport", due=PARIS)
    for wrong in ("2026-12-01", "2026-12-05T09:00:00"):
        with pytest.raises(InvalidInput) as refused:
            await changed(office, agent, made.id, start={"local": wrong})
        assert {*refused.value.fields} == {"due"}
