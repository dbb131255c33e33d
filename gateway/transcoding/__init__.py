"""HTTP requests to rpcs and back, driven by descriptors."""

from gateway.transcoding.transcoder import Transcoder

__all__ = ["Transcoder"]
