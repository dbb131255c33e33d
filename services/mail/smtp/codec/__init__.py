"""What SMTP's octets mean. Nothing here waits or asks."""
