"""OpenAPI 3.1 from the same descriptors that serve the API, with the comments of the protos."""

from gateway.openapi.document import OpenApiDocument, document

__all__ = ["OpenApiDocument", "document"]
