"""What this app reads from a document."""
