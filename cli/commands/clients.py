"""`workspace client`."""

from typing import Any

import click
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import openid_pb2 as pb

from cli.connection import connected
from cli.failures import WrongUsage, command
from cli.output import as_json, plain, show, show_one
from cli.tree import Tree

METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "none")
_COLUMNS = ["name", "client_id", "scopes", "address", "disabled"]


def _row(client: pb.Client) -> dict[str, Any]:
    return {**plain(client), "disabled": client.disabled}


@click.group("client")
def clients() -> None:
    """Applications that people log in to, and service accounts."""


@clients.command("add")
@click.argument("name")
@click.option("--unit", default="", help='The unit that answers for it: "Ministère/Direction", or an id.')
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where logins lead back to; may be repeated.")
@click.option("--logout-uri", "logout_uris", multiple=True, help="Where logouts lead to; may be repeated.")
@click.option("--back-channel-uri", default="", help="Where it is told of logouts.")
@click.option("--native", is_flag=True, help="It runs on people's devices: loopback and private-use redirect URIs.")
@click.option(
    "--proof", type=click.Choice(METHODS), default=METHODS[0], show_default=True, help="How it proves itself."
)
@click.option("--jwks", type=click.File(), help="Its public keys, for private_key_jwt: a file with a JSON Web Key Set.")
@click.option("--jwks-uri", default="", help="Or where it publishes them.")
@click.option("--certificate-dn", default="", help='The subject of its certificate: "CN=paie,O=Finances,C=TG".')
@click.option("--certificate-dns", default="", help="Or a DNS name of it.")
@click.option("--scope", "scopes", multiple=True, help="What it may ask for; may be repeated.")
@click.option("--service", "address", default="", help="It acts for itself, as the service account of this address.")
@click.option("--first-party", is_flag=True, help="Of the administration itself: people are not asked for consent.")
@as_json
@command
async def add(
    name: str,
    unit: str,
    redirect_uris: tuple[str, ...],
    logout_uris: tuple[str, ...],
    back_channel_uri: str,
    native: bool,
    proof: str,
    jwks: Any,
    jwks_uri: str,
    certificate_dn: str,
    certificate_dns: str,
    scopes: tuple[str, ...],
    address: str,
    first_party: bool,
    in_json: bool,
) -> None:
    """Register the application NAME. Its secret is shown this once."""
    grants = ["authorization_code", "refresh_token"] * bool(redirect_uris) + ["client_credentials"] * bool(address)
    kind = pb.APPLICATION_TYPE_NATIVE if native else pb.APPLICATION_TYPE_WEB
    async with connected() as directory:
        wanted = pb.Client(
            name=name,
            unit_id=await Tree(directory).unit_id(unit) if unit else "",
            application_type=kind,
            redirect_uris=redirect_uris,
            post_logout_redirect_uris=logout_uris,
            backchannel_logout_uri=back_channel_uri,
            grant_types=grants,
            token_endpoint_auth_method=proof,
            jwks=jwks.read() if jwks else "",
            jwks_uri=jwks_uri,
            tls_client_auth_subject_dn=certificate_dn,
            tls_client_auth_san_dns=certificate_dns,
            scopes=scopes,
            address=address,
            first_party=first_party,
        )
        made = await directory.clients.CreateClient(pb.CreateClientRequest(client=wanted))
    secret = {"client_secret": made.client_secret} if made.client_secret else {}
    show_one({**_row(made.client), **secret}, in_json=in_json)


@clients.command("list")
@click.option("--unit", default="", help="Only of this unit and those below it: a path of names, or an id.")
@as_json
@command
async def list_(unit: str, in_json: bool) -> None:
    """List applications, oldest first."""
    found: list[pb.Client] = []
    token = ""
    async with connected() as directory:
        unit_id = await Tree(directory).unit_id(unit) if unit else ""
        while True:
            request = pb.ListClientsRequest(unit_id=unit_id, page_size=500, page_token=token)
            answer = await directory.clients.ListClients(request)
            found.extend(answer.clients)
            token = answer.next_page_token
            if not token:
                break
    show([_row(client) for client in found], _COLUMNS, in_json=in_json)


@clients.command("change")
@click.argument("client_id")
@click.option("--name", help="What people are shown.")
@click.option("--unit", help="The unit that answers for it: a path of names, or an id.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="All that logins lead back to, said anew.")
@click.option("--logout-uri", "post_logout_redirect_uris", multiple=True, help="All that logouts lead to, said anew.")
@click.option("--back-channel-uri", "backchannel_logout_uri", help="Where it is told of logouts.")
@click.option("--scope", "scopes", multiple=True, help="All that it may ask for, said anew.")
@click.option("--a-minute", "requests_a_minute", type=click.IntRange(0), help="Its quota; 0 is the usual one.")
@click.option("--a-day", "requests_a_day", type=click.IntRange(0), help="The same of a day.")
@click.option(
    "--bound/--unbound", "certificate_bound_tokens", default=None, help="Tokens are good with its certificate only."
)
@click.option("--first-party/--third-party", default=None, help="Whether people are asked for consent.")
@click.option("--disable/--enable", "disabled", default=None, help="Disabled, its tokens end.")
@as_json
@command
async def change(client_id: str, unit: str | None, in_json: bool, **said: Any) -> None:
    """Change what is registered of the application CLIENT_ID."""
    known = {name: value for name, value in said.items() if value not in (None, ())}
    paths = [*known, *(["unit_id"] if unit is not None else [])]
    if not paths:
        raise WrongUsage("say what to change; see --help")
    async with connected() as directory:
        unit_id = await Tree(directory).unit_id(unit) if unit else ""
        wanted = pb.Client(client_id=client_id, unit_id=unit_id, **known)
        request = pb.UpdateClientRequest(client=wanted, update_mask=FieldMask(paths=paths))
        changed: pb.Client = await directory.clients.UpdateClient(request)
    show_one(_row(changed), in_json=in_json)


@clients.command("new-secret")
@click.argument("client_id")
@as_json
@command
async def new_secret(client_id: str, in_json: bool) -> None:
    """Give the application CLIENT_ID a new secret, shown this once; the last one is good for some time still."""
    async with connected() as directory:
        answer = await directory.clients.RotateClientSecret(pb.RotateClientSecretRequest(client_id=client_id))
    show_one({**_row(answer.client), "client_secret": answer.client_secret}, in_json=in_json)


@clients.command("remove")
@click.argument("client_id")
@command
async def remove(client_id: str) -> None:
    """Remove the application CLIENT_ID: its tokens, and those of people for it, end."""
    async with connected() as directory:
        await directory.clients.DeleteClient(pb.DeleteClientRequest(client_id=client_id))
