"""Which attributes a PATCH may name (RFC 7644 §3.5.2)."""

from typing import Any

import scim2_models
from scim2_models import InvalidPathException, PatchOp, Path, Resource

# Of the standard's attributes those that we do not keep are passed over: every provisioner sends some.
_STANDARD: dict[str, type[Resource[Any]]] = {
    "User": scim2_models.User[scim2_models.EnterpriseUser],
    "Group": scim2_models.Group,
}


def refuse_unknown_paths(current: Resource[Any], patch_op: "PatchOp[Any]") -> None:
    """Raise `InvalidPathException` for an attribute that neither we nor the standard have: it is a mistake."""
    models = [type(current), *(model for name, model in _STANDARD.items() if type(current).__name__.startswith(name))]
    for operation in patch_op.operations or ():
        text = str(operation.path or "")
        if text and not any(_names_something(model, text) for model in models):
            raise InvalidPathException(path=text, detail=f"{text[:200]!r} is no attribute")


def _names_something(model: type[Resource[Any]], text: str) -> bool:
    path = Path.__class_getitem__(model)(text)
    return path.model is not None or path.resolve() is not None
