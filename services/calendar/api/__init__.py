"""Calendar's gRPC: messages to use cases and back."""

from services.calendar.api.servicers import servicers

__all__ = ["servicers"]
