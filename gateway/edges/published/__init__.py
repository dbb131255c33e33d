"""Calendars that their owners publish by a secret link (RFC 5545, RFC 7986): read by whoever has it."""

from gateway.edges.published.routes import PATH, published_routes

__all__ = ["PATH", "published_routes"]
