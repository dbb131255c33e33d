"""Those of calendar."""

from typing import cast

import grpc
from google.protobuf.descriptor import FileDescriptor
from workspace.calendar.v1 import (
    calendars_pb2,
    calendars_pb2_grpc,
    handovers_pb2,
    handovers_pb2_grpc,
    resources_pb2,
    resources_pb2_grpc,
    transfers_pb2,
    transfers_pb2_grpc,
)


class CalendarStubs:
    """Calendar's services, by what is reached with them."""

    files: tuple[FileDescriptor, ...] = (
        calendars_pb2.DESCRIPTOR,
        handovers_pb2.DESCRIPTOR,
        resources_pb2.DESCRIPTOR,
        transfers_pb2.DESCRIPTOR,
    )

    def __init__(self, channel: grpc.aio.Channel) -> None:
        calendars = calendars_pb2_grpc.CalendarServiceStub(channel)
        self.calendars = cast("calendars_pb2_grpc.CalendarServiceAsyncStub", calendars)
        resources = resources_pb2_grpc.ResourceServiceStub(channel)
        self.resources = cast("resources_pb2_grpc.ResourceServiceAsyncStub", resources)
        handovers = handovers_pb2_grpc.HandoverServiceStub(channel)
        self.handovers = cast("handovers_pb2_grpc.HandoverServiceAsyncStub", handovers)
        transfers = transfers_pb2_grpc.TransferServiceStub(channel)
        self.calendar_files = cast("transfers_pb2_grpc.TransferServiceAsyncStub", transfers)
