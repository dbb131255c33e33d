"""Those of calendar."""

from typing import cast

import grpc
from google.protobuf.descriptor import FileDescriptor
from workspace.calendar.v1 import resources_pb2, resources_pb2_grpc


class CalendarStubs:
    """Calendar's services, by what is reached with them."""

    files: tuple[FileDescriptor, ...] = (resources_pb2.DESCRIPTOR,)

    def __init__(self, channel: grpc.aio.Channel) -> None:
        resources = resources_pb2_grpc.ResourceServiceStub(channel)
        self.resources = cast("resources_pb2_grpc.ResourceServiceAsyncStub", resources)
