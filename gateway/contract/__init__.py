"""The REST API as the protos state it."""

from gateway.contract.router import Match, Router
from gateway.contract.routes import Kind, Route, faults, routes_of
from gateway.contract.template import Template, Variable, parse_template

__all__ = ["Kind", "Match", "Route", "Router", "Template", "Variable", "faults", "parse_template", "routes_of"]
