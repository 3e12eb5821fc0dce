"""Whether what a form showed is still what there is."""

import hashlib
import json
from typing import Any


def fingerprint(data: Any) -> str:
    """A short digest of plain data; the same data in the same order gives the same."""
    text = json.dumps(data, ensure_ascii=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
