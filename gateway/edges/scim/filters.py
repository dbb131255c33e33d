"""SCIM filters (RFC 7644 §3.4.2.2) as the conditions that directory looks for.

The library parses a filter and checks it against the schemas; what is left is to say it in directory's words.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scim2_models import InvalidFilterException as InvalidFilter
from scim2_models import Resource, ScimFilter
from scim2_models.path import (
    AttributeBinding,
    AttrPath,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
    coerce_value,
)
from workspace.directory.v1 import provisioning_pb2 as pb

MAX_LENGTH = 4096
Attributes = Mapping[str, str]

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER_ATTRIBUTES: Attributes = {
    f"{_USER}:{name}".casefold(): attribute
    for name, attribute in {
        "id": "id",
        "externalId": "external_id",
        "userName": "address",
        "name.familyName": "family_name",
        "name.givenName": "given_name",
        "displayName": "display_name",
        "title": "title",
        "userType": "kind",
        "preferredLanguage": "language",
        "active": "active",
        "emails": "emails",
        "emails.value": "emails.value",
        "emails.type": "emails.type",
        "emails.primary": "emails.primary",
        "phoneNumbers": "phones",
        "phoneNumbers.value": "phones.value",
        "phoneNumbers.type": "phones.type",
        "roles": "roles",
        "roles.value": "roles.value",
        "meta.created": "created_at",
        "meta.lastModified": "changed_at",
    }.items()
} | {
    f"{_ENTERPRISE}:employeeNumber".casefold(): "staff_number",
    f"{_ENTERPRISE}:organization".casefold(): "ministry",
    f"{_ENTERPRISE}:division".casefold(): "division",
    f"{_ENTERPRISE}:department".casefold(): "department",
    "urn:gouv:tg:scim:unit:unitid": "unit_id",
    "urn:gouv:tg:scim:agent:grade": "grade",
    "urn:gouv:tg:scim:agent:place": "place",
}
# Of what is the same for every resource of a type, the answer is known without asking.
_TYPE = "meta.resourceType"


class Conditions(FilterVisitor[pb.Condition]):
    """Says a filter of one resource type as a condition. Raises `InvalidFilterException` for what cannot be said."""

    def __init__(self, filter_: ScimFilter[Any], attributes: Attributes, resource_type: str) -> None:
        self._filter = filter_
        self._attributes = attributes
        self._type = resource_type
        self._within: AttributeBinding | None = None

    def condition(self) -> pb.Condition:
        return self.visit(self._filter.ast)

    def visit_comparison(self, node: Comparison) -> pb.Condition:
        if self._within is not None:
            return self._compared(self._entry_attribute(self._within, node.attr_path), node, node.value)
        binding = self._filter.resolve_comparison(node.attr_path, strict=False)
        if binding is None:
            return FALSE
        if binding.urn.endswith(_TYPE):
            return self._of_type(node)
        return self._compared(self._named(binding), node, coerce_value(binding, node.value, node.op))

    def visit_present(self, node: Present) -> pb.Condition:
        if self._within is not None:
            return pb.Condition(present=self._entry_attribute(self._within, node.attr_path))
        binding = self._filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return FALSE
        if binding.urn.endswith((_TYPE, ":schemas", ":meta")):
            return TRUE
        if binding.urn.endswith(":name"):
            names = [self._attributes[f"{binding.urn}.{part}".casefold()] for part in ("familyName", "givenName")]
            return pb.Condition(any=pb.Conditions(terms=[pb.Condition(present=name) for name in names]))
        return pb.Condition(present=self._named(binding))

    def visit_not(self, node: Not) -> pb.Condition:
        negated = pb.Condition()
        getattr(negated, "not").CopyFrom(self.visit(node.expr))
        return negated

    def visit_logical_expr(self, node: LogicalExpr) -> pb.Condition:
        terms = pb.Conditions(terms=[self.visit(term) for term in node.terms])
        return pb.Condition(all=terms) if node.op == LogicalOperator.and_ else pb.Condition(any=terms)

    def visit_value_path(self, node: ValuePath) -> pb.Condition:
        binding = self._filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return FALSE
        named = self._named(binding)
        self._within = binding
        try:
            return pb.Condition(entry=pb.Entry(list=named, condition=self.visit(node.val_filter)))
        finally:
            self._within = None

    def _named(self, binding: AttributeBinding) -> str:
        attribute = self._attributes.get(binding.urn.casefold())
        if attribute is None:
            raise InvalidFilter(detail=f"{binding.urn} cannot be looked for")
        return attribute

    def _entry_attribute(self, within: AttributeBinding, path: AttrPath) -> str:
        attribute = self._attributes.get(f"{within.urn}.{path.attr}".casefold(), "")
        if not attribute:
            raise InvalidFilter(detail=f"{within.urn}.{path.attr} cannot be looked for")
        return attribute.rpartition(".")[2]

    @staticmethod
    def _compared(attribute: str, node: Comparison, value: Any) -> pb.Condition:
        comparison = pb.Comparison(attribute=attribute, operator=node.op.value)
        if isinstance(value, bool):
            comparison.truth = value
        elif isinstance(value, datetime):
            comparison.time.FromDatetime(value)
        elif value is not None:
            comparison.text = str(value)
        return pb.Condition(comparison=comparison)

    def _of_type(self, node: Comparison) -> pb.Condition:
        """The type is compared here: it is the same for all, and its name is case-exact."""
        own, value = self._type, str(node.value)
        told = {
            "eq": own == value, "ne": own != value, "co": value in own, "sw": own.startswith(value),
            "ew": own.endswith(value), "gt": own > value, "ge": own >= value, "lt": own < value, "le": own <= value,
        }  # fmt: skip
        return TRUE if told[node.op.value] else FALSE


# Of no terms at all, every one holds, and not one.
TRUE = pb.Condition(all=pb.Conditions())
FALSE = pb.Condition(any=pb.Conditions())


def condition_of(
    given: ScimFilter[Any] | None, model: type[Resource[Any]], attributes: Attributes, resource_type: str
) -> pb.Condition | None:
    """The condition of a filter upon one resource type; None without a filter."""
    if given is None:
        return None
    return Conditions(ScimFilter[model](str(given)), attributes, resource_type).condition()  # type: ignore[valid-type]
