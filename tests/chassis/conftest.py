"""Tokens and settings as the chassis' own tests need them."""

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.identity import ALGORITHM
from chassis.settings import ServiceSettings
from deploy.local.certificates import Authority


class Signer:
    """Signs tokens as directory does, and wrongly where a test asks for it."""

    def __init__(self, kid: str = "k1") -> None:
        self.kid = kid
        self.key = OKPKey.generate_key("Ed25519", {"kid": kid}, private=True)

    async def fetch(self) -> list[dict[str, Any]]:
        return [dict(self.key.as_dict(private=False))]

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        whole = {
            "iss": "workspace", "aud": "workspace", "sub": "01ACCOUNT", "sid": "01SESSION",
            "iat": now, "exp": now + 900,
            "address": "agent1@numerique.gouv.tg", "name": "Agent 1", "unit": ["m1"], "roles": [],
        }  # fmt: skip
        return {key: value for key, value in {**whole, **changed}.items() if value is not None}

    def token(self, **changed: Any) -> str:
        return jwt.encode({"alg": ALGORITHM, "kid": self.kid}, self.claims(**changed), self.key, algorithms=[ALGORITHM])

    def unsigned(self) -> str:
        def part(value: bytes) -> str:
            return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

        import json

        header = json.dumps({"alg": "none", "kid": self.kid}).encode()
        return f"{part(header)}.{part(json.dumps(self.claims()).encode())}."


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def settings_of(authority: Authority) -> Callable[[str], ServiceSettings]:
    """Settings of a process that holds the certificate of that name."""

    def settings(name: str) -> ServiceSettings:
        own = authority.of(name)
        return ServiceSettings(
            tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2
        )

    return settings
