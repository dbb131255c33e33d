"""Letters that are written here: their fields, their texts, how their parts stand together. Asks nobody."""
