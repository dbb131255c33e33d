"""The calendar service's doors that CalDAV needs."""

from typing import Any

import grpc
from workspace.calendar.v1 import (
    attachments_pb2_grpc,
    availability_pb2_grpc,
    calendars_pb2_grpc,
    locks_pb2_grpc,
    objects_pb2_grpc,
    resources_pb2_grpc,
    sharing_pb2_grpc,
)


class Stubs:
    """Over a channel to calendar."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.attachments: Any = attachments_pb2_grpc.ManagedAttachmentServiceStub(channel)
        self.availability: Any = availability_pb2_grpc.AvailabilityServiceStub(channel)
        self.calendars: Any = calendars_pb2_grpc.CalendarServiceStub(channel)
        self.locks: Any = locks_pb2_grpc.LockServiceStub(channel)
        self.objects: Any = objects_pb2_grpc.ObjectServiceStub(channel)
        self.resources: Any = resources_pb2_grpc.ResourceServiceStub(channel)
        self.sharing: Any = sharing_pb2_grpc.CalendarSharingServiceStub(channel)
