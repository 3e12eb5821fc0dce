"""What this app reads from a document: queries with their bands, and the stages of the rollout."""

from rollouts.documents import parts, queries, stages  # noqa: F401  registers readers and parts
