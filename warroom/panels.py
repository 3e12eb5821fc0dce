"""The panels of this app."""
