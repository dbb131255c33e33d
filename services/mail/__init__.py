"""Mail: an account's mailboxes, the messages in them, and their ways in and out."""
