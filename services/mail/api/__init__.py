"""The gRPC servicers: proto to use case and back."""

from services.mail.api.servicers import Surroundings, servicers

__all__ = ["Surroundings", "servicers"]
