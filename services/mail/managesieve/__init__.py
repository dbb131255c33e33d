"""ManageSieve (RFC 5804): how mail programs keep their users' Sieve scripts here."""
