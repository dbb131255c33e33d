"""MTA-STS (RFC 8461 §3.3): `https://mta-sts.<domain>/.well-known/mta-sts.txt`, for every mail domain of ours."""

from gateway.edges.mta_sts.routes import PATH, mta_sts_routes

__all__ = ["PATH", "mta_sts_routes"]
