"""The generated key of an embedded installation: made once, kept beside its database."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def read_or_make_key(path: Path) -> str:
    """Return the key in ``path``; if there is none, make one that only its owner can read."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    key = get_random_secret_key()
    # Two processes may start at once: the first to link its finished file wins, both read that one.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(key)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
