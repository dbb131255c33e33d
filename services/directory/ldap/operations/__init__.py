"""The operations, a file each: a request in, what is to be sent written to the session's wire."""
