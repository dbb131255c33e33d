"""`workspace`, the operator's command line: a gRPC client with an operator's token."""
