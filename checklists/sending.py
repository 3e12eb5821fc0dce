"""Hands out the bytes of what was brought in: to the reader's disk, never into the browser."""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from checklists.actions.files import path_of
from checklists.models import Result

# Whatever a file holds, a browser that opens it by its address runs nothing of it.
SANDBOX = "default-src 'none'; sandbox"


def result_file(result: Result) -> HttpResponse:
    """The file of a result as an attachment. Raises Http404 where there is none."""
    path = path_of(result.sha256)
    if not result.file_name or not path.is_file():
        raise Http404("This result has no file.")
    answer = HttpResponse(path.read_bytes(), content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, result.file_name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = SANDBOX
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
