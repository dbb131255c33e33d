"""TaskService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import tasks_pb2 as pb
from workspace.calendar.v1 import tasks_pb2_grpc as rpc

from chassis.identity import current_identity
from chassis.rpc.moments import moment_or_none
from services.calendar.api.schedule import SCOPES
from services.calendar.api.task_messages import task_fields, task_message
from services.calendar.domain.instances import window_given
from services.calendar.domain.structured.fields import Fields
from services.calendar.domain.tasks import Due, State
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.event_at import TASK
from services.calendar.usecases.list_tasks import list_tasks
from services.calendar.usecases.read_event import read_event
from services.calendar.usecases.write_event import Meant, Scope, create_event, delete_event, update_event

_STATES = {pb.TASK_STATE_OPEN: State.OPEN, pb.TASK_STATE_DONE: State.DONE}


def due_given(request: pb.ListTasksRequest) -> Due:
    """Raises `InvalidInput`."""
    start, end = moment_or_none(request, "due_from"), moment_or_none(request, "due_before")
    if start is not None and end is not None:
        window = window_given(start, end)
        return Due(window.start, window.end)
    return Due(*(None if each is None else int(each.timestamp()) for each in (start, end)))


class TaskApi(rpc.TaskServiceServicer):
    """Tasks in the calendars that the caller reads."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListTasks(self, request: pb.ListTasksRequest, context: Any) -> pb.ListTasksResponse:
        page = await list_tasks(
            self._agenda,
            current_identity(),
            list(request.calendar_ids),
            _STATES.get(request.state, State.ALL),
            due_given(request),
            request.page_size,
            request.page_token,
        )
        return pb.ListTasksResponse(tasks=map(task_message, page.tasks), next_page_token=page.following)

    async def GetTask(self, request: pb.GetTaskRequest, context: Any) -> pb.Task:
        return task_message(await read_event(self._agenda, current_identity(), request.id, request.recurrence_id, TASK))

    async def CreateTask(self, request: pb.CreateTaskRequest, context: Any) -> pb.Task:
        fields = task_fields(request.task)
        return task_message(await create_event(self._agenda, current_identity(), request.calendar_id, fields, TASK))

    async def UpdateTask(self, request: pb.UpdateTaskRequest, context: Any) -> pb.Task:
        task = request.task
        fields = task_fields(task, request.update_mask.paths)
        meant = Meant(SCOPES.get(request.scope, Scope.ALL), request.recurrence_id, task.etag)
        return task_message(await update_event(self._agenda, current_identity(), task.id, fields, meant, TASK))

    async def CompleteTask(self, request: pb.CompleteTaskRequest, context: Any) -> pb.Task:
        caller, meant = current_identity(), Meant(Scope.THIS, request.recurrence_id, request.etag)
        # An instance that is not there is refused before anything is written.
        await read_event(self._agenda, caller, request.id, request.recurrence_id, TASK)
        await update_event(self._agenda, caller, request.id, Fields(status="COMPLETED"), meant, TASK)
        return task_message(await read_event(self._agenda, caller, request.id, request.recurrence_id, TASK))

    async def DeleteTask(self, request: pb.DeleteTaskRequest, context: Any) -> Empty:
        meant = Meant(SCOPES.get(request.scope, Scope.ALL), request.recurrence_id, request.etag)
        await delete_event(self._agenda, current_identity(), request.id, meant, TASK)
        return Empty()
