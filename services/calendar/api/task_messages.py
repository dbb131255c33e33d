"""Tasks as messages, and back."""

from collections.abc import Collection
from typing import Any

from workspace.calendar.v1 import tasks_pb2

from chassis.errors import InvalidInput
from services.calendar.api.events import (
    SHOWN,
    alarms_given,
    guests_given,
    invited_message,
    repeating_given,
    shared_fields,
    time_message,
)
from services.calendar.domain.objects.spans import moment_of
from services.calendar.domain.objects.values import read_number
from services.calendar.domain.structured import described
from services.calendar.domain.structured.fields import (
    Fields,
    categories_given,
    clock_given,
    color_given,
    line_given,
    number_given,
    text_given,
)
from services.calendar.usecases.read_event import EventRead

_STATUSES = {
    "NEEDS-ACTION": tasks_pb2.TASK_STATUS_NEEDS_ACTION,
    "IN-PROCESS": tasks_pb2.TASK_STATUS_IN_PROCESS,
    "COMPLETED": tasks_pb2.TASK_STATUS_COMPLETED,
    "CANCELLED": tasks_pb2.TASK_STATUS_CANCELLED,
}
_STATED = {value: name for name, value in _STATUSES.items()}


def task_message(read: EventRead) -> tasks_pb2.Task:
    node = read.node
    done = moment_of(node, "COMPLETED", read.series.zones)
    status = _STATUSES.get(node.value("STATUS").upper(), tasks_pb2.TASK_STATUS_NEEDS_ACTION)
    if done is not None and status != tasks_pb2.TASK_STATUS_CANCELLED:
        status = tasks_pb2.TASK_STATUS_COMPLETED
    message = tasks_pb2.Task(
        **shared_fields(read),
        status=status,
        priority=min(max(read_number(node.value("PRIORITY")), 0), 9),
        percent=min(max(read_number(node.value("PERCENT-COMPLETE")), 0), 100),
        attendees=[invited_message(each, read) for each in described.attendees(node)],
    )
    if done is not None:
        message.completed_at.seconds = done
    start, due = described.when(node, read.series)
    if start is not None:
        message.start.CopyFrom(time_message(start))
    if due is not None:
        message.due.CopyFrom(time_message(due))
    return message


def task_fields(task: tasks_pb2.Task, paths: Collection[str] | None = None) -> Fields:
    """What a request says: of a new task what it has, of a change what its mask names. Raises `InvalidInput`."""
    if paths is None:
        named = {field.name for field, _ in task.ListFields()} & _GIVEN.keys()
    else:
        named = {path.partition(".")[0] for path in paths} - {"etag", "id"}
        if not named or named - _GIVEN.keys():
            wrong = ", ".join(sorted(named - _GIVEN.keys())) or "empty"
            raise InvalidInput("Not fields that can be changed", fields={"update_mask": wrong})
    said: dict[str, Any] = {name: _GIVEN[name](task) for name in named - {"due"}}
    if "due" in named:
        if task.HasField("due") and task.due.local:
            said["end"] = clock_given(task.due.local, task.due.time_zone, "due")
        else:
            said["undue"] = True
    return Fields(**said)


_GIVEN: dict[str, Any] = {
    "title": lambda task: line_given(task.title, "title"),
    "description": lambda task: text_given(task.description, "description"),
    "location": lambda task: line_given(task.location, "location"),
    "start": lambda task: clock_given(task.start.local, task.start.time_zone, "start"),
    "due": None,
    "recurrence": lambda task: repeating_given(task.recurrence),
    "attendees": lambda task: guests_given(task.attendees, "attendees"),
    "reminders": lambda task: alarms_given(task.reminders),
    "visibility": lambda task: SHOWN.get(task.visibility, ""),
    "status": lambda task: _STATED.get(task.status, ""),
    "priority": lambda task: number_given(task.priority, "priority", 9),
    "percent": lambda task: number_given(task.percent, "percent", 100),
    "categories": lambda task: categories_given(list(task.categories)),
    "color": lambda task: color_given(task.color),
    "url": lambda task: task.url.strip(),
}
