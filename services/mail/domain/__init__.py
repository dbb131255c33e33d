"""Entities and rules of mail; nothing of how they are stored or spoken of."""
