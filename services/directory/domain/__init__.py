"""What an account, a unit, a session and a key are, and the rules they keep."""
