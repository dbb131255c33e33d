"""The protocol endpoints of the OpenID Connect provider: HTTP here, decisions in directory."""

from gateway.edges.oidc.provider import Provider
from gateway.edges.oidc.routes import oidc_routes

__all__ = ["Provider", "oidc_routes"]
