"""Which build of the product speaks: pages that stay open for days load themselves anew by it."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

_SOURCES = (("templates", "*.html"), ("static", "*"), ("warroom", "*.py"), ("rollouts", "*.py"))


@cache
def mark() -> str:
    """Twelve letters that differ when templates, styles, scripts or panels do.

    Read once per process from sizes and times of the sources; beside a release of the product
    nothing of it changes.
    """
    digest = hashlib.sha256()
    for folder, pattern in (*_SOURCES, ("locale", "*.mo")):
        for path in sorted((Path(settings.BASE_DIR) / folder).rglob(pattern)):
            if path.is_file():
                found = path.stat()
                digest.update(f"{path.name} {found.st_size} {int(found.st_mtime)}\n".encode())
    return digest.hexdigest()[:12]
