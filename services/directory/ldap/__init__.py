"""LDAP v3, read-only (RFC 4511): the address book for mail programs and for applications that know nothing else."""
