"""Rooms and equipment: what they are, and who may have them when."""
