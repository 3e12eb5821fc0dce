"""Hands out the bytes of what was brought in: to the reader's disk, never into the browser."""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from checklists.models import Result
from checklists.queries.stored import read_kept
from warroom.actions.refusals import Refused

# Whatever a file holds, a browser that opens it by its address runs nothing of it.
SANDBOX = "default-src 'none'; sandbox"


class Changed(Refused):
    """The bytes are not those that were kept."""


def result_file(result: Result) -> HttpResponse:
    """The file of a result as an attachment. Raises Http404 where there is none, and Changed."""
    if not result.file_name:
        raise Http404(_("This result has no file."))
    data = read_kept(result.sha256)
    if data is None:
        raise Changed(
            _(
                "{file_name} is gone or was changed on the disk: it is not what was "
                "brought in as result {result}, with the SHA-256 {sha256}…. Nothing is "
                "sent."
            ).format(file_name=result.file_name, result=result.number, sha256=result.sha256[:12])
        )
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, result.file_name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = SANDBOX
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
