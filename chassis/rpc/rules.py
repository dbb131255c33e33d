"""What an rpc states about itself (`workspace.options.v1.rule`), by its full method name `/package.Service/Method`."""

from functools import cache

from google.protobuf import descriptor_pool
from workspace.options.v1 import options_pb2

# They have no rule of ours: health is for probes, reflection for people with the platform's certificate.
FOREIGN = (
    "/grpc.health.v1.Health/",
    "/grpc.reflection.v1alpha.ServerReflection/",
    "/grpc.reflection.v1.ServerReflection/",
)


@cache
def rule_of(method: str) -> options_pb2.Rule | None:
    """The rule of a method; None when it has none, and then nobody may call it."""
    try:
        descriptor = descriptor_pool.Default().FindMethodByName(method.strip("/").replace("/", "."))
    except KeyError:
        return None
    options = descriptor.GetOptions()
    if not options.HasExtension(options_pb2.rule):
        return None
    return options.Extensions[options_pb2.rule]


def scope_of(method: str, rule: options_pb2.Rule) -> str:
    """What a limited token has to allow for a method: `mail.read` or `mail.write`, by the service it belongs to."""
    service = method.strip("/").split(".")[1]
    return f"{service}.read" if rule.idempotency == options_pb2.IDEMPOTENCY_SAFE else f"{service}.write"


def repeatable(rule: options_pb2.Rule) -> bool:
    """Whether a caller that lost the answer may ask again."""
    return rule.idempotency in (options_pb2.IDEMPOTENCY_SAFE, options_pb2.IDEMPOTENCY_IDEMPOTENT)
