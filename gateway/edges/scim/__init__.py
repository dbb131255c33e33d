"""SCIM 2.0 (RFC 7643, RFC 7644) at `/scim/v2`: how other systems keep accounts and groups in step with theirs."""

from gateway.edges.scim.endpoint import ScimEndpoint

__all__ = ["ScimEndpoint"]
