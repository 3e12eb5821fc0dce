"""What this app reads from a document and writes into it: risks, gates, and the checklist."""

from checklists.documents import (  # noqa: F401  registers the readers, parts and writers
    branch_parts,
    decided,
    decision_parts,
    dryruns,
    gates,
    items,
    leftovers,
    load,
    load_parts,
    parts,
    readiness,
    readiness_parts,
    record,
    restoring,
    risk_file,
    risks,
    scenarios,
    signed,
    trial_parts,
    writers,
)
