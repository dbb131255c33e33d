"""The pages by which people prove who they are and look after their account, usable without JavaScript."""

from gateway.edges.pages.desk import Desk
from gateway.edges.pages.routes import for_a_person, identity_routes, nowhere

__all__ = ["Desk", "for_a_person", "identity_routes", "nowhere"]
