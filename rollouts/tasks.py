"""The due work of this app."""
