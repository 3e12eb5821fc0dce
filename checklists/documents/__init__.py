"""What this app reads from a document: risks, gates with their criteria, and the checklist."""

from checklists.documents import (  # noqa: F401  registers the readers and parts
    decision_parts,
    gates,
    items,
    leftovers,
    parts,
    risks,
)
