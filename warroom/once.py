"""What makes a request the same request: who asked what, with which key."""

import hashlib
import json

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

# They differ between two sendings of the same form, or must not be kept.
NOT_SAID = ("csrfmiddlewaretoken", "back", "password")


def _digest(file: UploadedFile) -> str:
    """The SHA-256 of an uploaded file, which is left at its beginning."""
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()


def once(request: HttpRequest, content: str = "") -> str | None:
    """The id under which this request is carried out once; None if it brings no key.

    The key is the form's hidden ``request_id`` or the caller's ``Idempotency-Key``. Person, address
    and content go in as well: a form that is changed and sent again asks for something else, and
    so does another person or another form with the same key.
    """
    key = request.headers.get("Idempotency-Key") or request.POST.get("request_id")
    if not key:
        return None
    said = [(name, values) for name, values in request.POST.lists() if name not in NOT_SAID]
    said += [(name, [_digest(file) for file in files]) for name, files in request.FILES.lists()]
    if not content:
        content = json.dumps(sorted(said)) if said else request.body.decode(errors="replace")
    who = str(request.user.pk)
    whole = json.dumps([key, who, request.method, request.get_full_path(), content])
    return hashlib.sha256(whole.encode()).hexdigest()
