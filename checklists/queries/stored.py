"""The bytes that were brought in: where they lie, and whether they are still what was kept."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _


def path_of(sha256: str) -> Path:
    """Where the bytes of a file lie."""
    return settings.FILES_DIR / sha256[:2] / sha256


def read_kept(sha256: str) -> bytes | None:
    """The bytes whose SHA-256 this is; None where they are gone or were changed."""
    try:
        data = path_of(sha256).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def altered(results: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the files that frozen results name, in sentences."""
    for one in results:
        if not one.get("file_name") or not one.get("sha256"):
            continue
        if read_kept(one["sha256"]) is None:
            yield _(
                "The file {file_name} of result {number} is gone or was changed: it "
                "has not the SHA-256 {sha256}… that was frozen."
            ).format(
                file_name=one["file_name"], number=one.get("number"), sha256=one["sha256"][:12]
            )
