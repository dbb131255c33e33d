"""The endpoints that clients call themselves: token, introspection, revocation, user info."""

from starlette.requests import Request
from starlette.responses import Response
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edge.access import bearer
from gateway.edges.oidc.answers import answered
from gateway.edges.oidc.parameters import messages, of_form
from gateway.edges.oidc.proof import proof_of
from gateway.edges.oidc.provider import Provider


async def token(provider: Provider, request: Request) -> Response:
    """RFC 6749 §3.2."""
    exchange = provider.begin(request, "token")
    headers = await provider.origins.headers(request.headers.get("origin", ""))
    asked = pb.IssueTokensRequest(parameters=messages(await of_form(request)), proof=proof_of(request))
    provider.desk.access.admit_public(exchange, asked)
    return answered(request, await provider.openid.IssueTokens(asked, metadata=exchange.metadata()), headers)


async def introspect(provider: Provider, request: Request) -> Response:
    """RFC 7662; for servers, so no page of any origin reads the answer."""
    exchange = provider.begin(request, "introspect")
    asked = pb.IntrospectTokenRequest(parameters=messages(await of_form(request)), proof=proof_of(request))
    provider.desk.access.admit_public(exchange, asked)
    return answered(request, await provider.openid.IntrospectToken(asked, metadata=exchange.metadata()), {})


async def revoke(provider: Provider, request: Request) -> Response:
    """RFC 7009."""
    exchange = provider.begin(request, "revoke")
    headers = await provider.origins.headers(request.headers.get("origin", ""))
    asked = pb.RevokeTokenRequest(parameters=messages(await of_form(request)), proof=proof_of(request))
    provider.desk.access.admit_public(exchange, asked)
    return answered(request, await provider.openid.RevokeToken(asked, metadata=exchange.metadata()), headers)


async def user_info(provider: Provider, request: Request) -> Response:
    """OpenID Connect Core §5.3; the token in the header field, whatever the method."""
    exchange = provider.begin(request, "userinfo")
    headers = await provider.origins.headers(request.headers.get("origin", ""))
    given = bearer(request.headers.get("authorization"))
    asked = pb.GetUserInfoRequest(access_token=given, proof=pb.ClientProof(certificate=exchange.certificate))
    answer = await provider.openid.GetUserInfo(asked, metadata=exchange.metadata())
    return answered(request, answer, headers, "Bearer")
