"""How a client proves itself, as far as HTTP shows it."""

import base64
import binascii
from urllib.parse import unquote_plus

from starlette.requests import Request
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edge.exchange import exchange_of


def proof_of(request: Request) -> pb.ClientProof:
    """Of an endpoint that takes client authentication (RFC 6749 §2.3, RFC 8705 §2)."""
    exchange = exchange_of(request.scope)
    proof = pb.ClientProof(certificate=exchange.certificate, remote_address=exchange.remote_address)
    given = request.headers.get("authorization")
    if given is None:
        return proof
    scheme, _, encoded = given.partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
        identifier, colon, secret = text.partition(":")
        # Both are form-encoded before they are joined (RFC 6749 §2.3.1).
        proof.basic_id, proof.basic_secret = unquote_plus(identifier), unquote_plus(secret)
        proof.malformed = scheme.lower() != "basic" or not colon or not proof.basic_id
    except (binascii.Error, ValueError):
        proof.malformed = True
    return proof
