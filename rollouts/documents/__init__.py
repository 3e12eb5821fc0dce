"""What this app reads from a document: queries with their bands, and the stages of the rollout."""
