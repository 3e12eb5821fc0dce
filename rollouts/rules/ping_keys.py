"""The secret word in the address of a heartbeat."""

import secrets


def new_key() -> str:
    """32 letters, digits, - and _, which nobody guesses."""
    return secrets.token_urlsafe(24)
