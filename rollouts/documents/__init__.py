"""What this app reads from a document: queries with their bands, and the stages of the rollout."""

from rollouts.documents import (  # noqa: F401  registers the readers, parts and writers
    parts,
    queries,
    stages,
    writers,
)
