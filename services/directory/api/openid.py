"""OpenIdService."""

import json
from collections.abc import Iterable
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import openid_pb2 as pb
from workspace.directory.v1 import openid_pb2_grpc as rpc

from services.directory.api.messages import timestamp
from services.directory.domain.authorization import OAuthFault
from services.directory.usecases.authenticate_client import Proof
from services.directory.usecases.authorize_client import Answer, ConsentNeeded, authorize_client
from services.directory.usecases.context import Directory
from services.directory.usecases.describe_authorization import Words, describe_authorization, in_words
from services.directory.usecases.end_browser_session import end_browser_session
from services.directory.usecases.get_user_info import get_user_info
from services.directory.usecases.grant_consent import deny_consent, grant_consent
from services.directory.usecases.introspect_token import introspect_token
from services.directory.usecases.issue_tokens import issue_tokens
from services.directory.usecases.list_consents import list_consents
from services.directory.usecases.openid_keys import openid_keys
from services.directory.usecases.revoke_consent import revoke_consent
from services.directory.usecases.revoke_token import revoke_token


class OpenIdServicer(rpc.OpenIdServiceServicer):
    """The OpenID Connect provider."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def Authorize(self, request: pb.AuthorizeRequest, context: Any) -> pb.AuthorizeResponse:
        try:
            outcome = await authorize_client(self._directory, _pairs(request.parameters), request.cookie)
        except OAuthFault as fault:
            return pb.AuthorizeResponse(refused=_error(fault))
        if isinstance(outcome, Answer):
            told = [pb.Parameter(name=name, value=value) for name, value in outcome.parameters]
            return pb.AuthorizeResponse(
                respond=pb.ClientResponse(
                    redirect_uri=outcome.redirect_uri, response_mode=outcome.response_mode, parameters=told
                )
            )
        if isinstance(outcome, ConsentNeeded):
            return pb.AuthorizeResponse(consent=outcome.request)
        return pb.AuthorizeResponse(login=pb.LoginNeeded(**vars(outcome)))

    async def DescribeAuthorization(self, request: pb.DescribeAuthorizationRequest, context: Any) -> pb.Authorization:
        described = await describe_authorization(self._directory, request.request)
        return pb.Authorization(
            client_id=described.client.id,
            client_name=described.client.name,
            client_uri=described.client.client_uri,
            unit_name=described.unit_name,
            scopes=map(_words, described.scopes),
            redirect_origin=described.redirect_origin,
        )

    async def GrantConsent(self, request: pb.GrantConsentRequest, context: Any) -> pb.ConsentAnswer:
        return pb.ConsentAnswer(return_to=await grant_consent(self._directory, request.request))

    async def DenyConsent(self, request: pb.DenyConsentRequest, context: Any) -> pb.ConsentAnswer:
        return pb.ConsentAnswer(return_to=await deny_consent(self._directory, request.request))

    async def ListConsents(self, request: pb.ListConsentsRequest, context: Any) -> pb.ListConsentsResponse:
        return pb.ListConsentsResponse(
            consents=[
                pb.Consent(
                    client_id=client.id,
                    client_name=client.name,
                    client_uri=client.client_uri,
                    scopes=map(_words, in_words(consent.scopes, consent.scopes)),
                    granted_at=timestamp(consent.granted_at),
                )
                for consent, client in await list_consents(self._directory)
            ]
        )

    async def RevokeConsent(self, request: pb.RevokeConsentRequest, context: Any) -> Empty:
        await revoke_consent(self._directory, request.client_id)
        return Empty()

    async def IssueTokens(self, request: pb.IssueTokensRequest, context: Any) -> pb.TokenAnswer:
        try:
            return _body(await issue_tokens(self._directory, _pairs(request.parameters), _proof(request.proof)))
        except OAuthFault as fault:
            return pb.TokenAnswer(error=_error(fault))

    async def GetUserInfo(self, request: pb.GetUserInfoRequest, context: Any) -> pb.TokenAnswer:
        try:
            return _body(await get_user_info(self._directory, request.access_token, _proof(request.proof)))
        except OAuthFault as fault:
            return pb.TokenAnswer(error=_error(fault))

    async def IntrospectToken(self, request: pb.IntrospectTokenRequest, context: Any) -> pb.TokenAnswer:
        try:
            return _body(await introspect_token(self._directory, _pairs(request.parameters), _proof(request.proof)))
        except OAuthFault as fault:
            return pb.TokenAnswer(error=_error(fault))

    async def RevokeToken(self, request: pb.RevokeTokenRequest, context: Any) -> pb.TokenAnswer:
        try:
            await revoke_token(self._directory, _pairs(request.parameters), _proof(request.proof))
        except OAuthFault as fault:
            return pb.TokenAnswer(error=_error(fault))
        return _body({})

    async def EndSession(self, request: pb.EndSessionRequest, context: Any) -> pb.EndSessionResponse:
        try:
            done = await end_browser_session(
                self._directory, _pairs(request.parameters), request.cookie, confirmed=request.confirmed
            )
        except OAuthFault as fault:
            return pb.EndSessionResponse(refused=_error(fault))
        if done.confirm:
            return pb.EndSessionResponse(confirm=True)
        return pb.EndSessionResponse(redirect_to=done.redirect_to, state=done.state, forget_cookie=done.forget_cookie)

    async def GetOpenIdKeys(self, request: pb.GetOpenIdKeysRequest, context: Any) -> pb.GetOpenIdKeysResponse:
        return pb.GetOpenIdKeysResponse(jwks=json.dumps({"keys": await openid_keys(self._directory)}))

    async def CheckOrigin(self, request: pb.CheckOriginRequest, context: Any) -> pb.CheckOriginResponse:
        return pb.CheckOriginResponse(registered=await self._directory.openid.clients.has_origin(request.origin))


def _pairs(parameters: Iterable[pb.Parameter]) -> list[tuple[str, str]]:
    return [(parameter.name, parameter.value) for parameter in parameters]


def _proof(given: pb.ClientProof) -> Proof:
    return Proof(given.basic_id, given.basic_secret, given.malformed, given.certificate)


def _words(words: Words) -> pb.ScopeWords:
    return pb.ScopeWords(**vars(words))


def _body(members: dict[str, Any]) -> pb.TokenAnswer:
    return pb.TokenAnswer(body=json.dumps(members, ensure_ascii=False))


def _error(fault: OAuthFault) -> pb.OAuthError:
    return pb.OAuthError(error=fault.error, description=fault.description, http_status=fault.status)
