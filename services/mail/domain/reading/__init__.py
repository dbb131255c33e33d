"""Letters of strangers made safe to be read: pure rules over what was sent, none of which asks anybody."""
