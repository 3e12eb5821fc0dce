"""What this app reads from a document: risks, gates with their criteria, and the checklist."""

from checklists.documents import gates, items, leftovers, risks  # noqa: F401  registers the readers
