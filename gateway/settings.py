"""What the gateway is told by its environment."""

from pathlib import Path

from pydantic import Field

from chassis.settings import Listen, ServiceSettings

_PLACE = r"^([A-Za-z0-9.-]+:[0-9]{1,5})?$"


class Settings(ServiceSettings):
    """Beside what every service is told. Lists are JSON: `["https://a.example"]`; sizes are octets, rates a minute."""

    http_listen: Listen = "127.0.0.1:8080"
    # Both, or neither behind an ingress that ends TLS.
    http_certificate: Path | None = None
    http_key: Path | None = None
    # Authorities whose certificates clients may prove themselves with (RFC 8705), where we end TLS ourselves.
    http_client_authorities: Path | None = None
    # Where an ingress ends TLS: the header field in which it hands on a client's certificate that it has verified
    # ("Client-Cert" as in RFC 9440, or nginx's escaped PEM). Believed from `trusted_proxies` only, which must strip it
    # from what clients send.
    client_certificate_header: str = Field("", pattern=r"^[A-Za-z0-9-]{0,60}$")
    # How browsers reach us over TLS: makes the answers say so (RFC 6797).
    http_strict_transport: bool = False

    mail_rpc: str = "127.0.0.1:9002"
    calendar_rpc: str = "127.0.0.1:9003"

    # "host:port" where mail programs and address books find us, for the pages that help to set them up; what is not
    # served has none.
    imaps_public: str = Field("", pattern=_PLACE)
    submission_public: str = Field("", pattern=_PLACE)
    managesieve_public: str = Field("", pattern=_PLACE)
    ldaps_public: str = Field("", pattern=_PLACE)

    # Who may say in X-Forwarded-For where a request comes from: addresses or networks of the ingress.
    trusted_proxies: tuple[str, ...] = ()
    # Origins of other sites that may call from a browser; none by default.
    cors_origins: tuple[str, ...] = ()

    json_octets: int = Field(1024 * 1024, ge=1024)
    upload_octets: int = Field(50 * 1024 * 1024, ge=1024)
    # Requests under way, beyond which others are told to come back.
    concurrent_requests: int = Field(1000, ge=1)
    concurrent_sockets: int = Field(20_000, ge=1)

    account_rate: int = Field(600, ge=1)
    # A whole ministry shares one address: this one counts only calls without a valid token.
    address_rate: int = Field(3000, ge=1)
    # Of one account name, one challenge or one code from one address.
    login_rate: int = Field(10, ge=1)
    # Of each class of what is asked for without a token (logins, second factors, passkeys, codes), from one address,
    # which a whole ministry may share; and of letters for lost passwords.
    credential_rate: int = Field(600, ge=1)
    reset_rate: int = Field(60, ge=1)
    # Of one secret link from one address, at which a whole office may read it.
    link_rate: int = Field(60, ge=1)
    sockets_per_account: int = Field(20, ge=1)
