"""How mail programs and telephones set themselves up: Thunderbird's, Outlook's and Apple's ways."""

from gateway.edges.autoconfig.routes import autoconfig_routes

__all__ = ["autoconfig_routes"]
