import re
import secrets
import sys

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static

from warroom.live import byhand

log = structlog.get_logger()

_RELEASE = re.compile(r"/plans/([-\w]+)/")
STYLES = ("warroom", "fault")


def bad_request(request: HttpRequest, exception=None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception=None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    return render(request, "404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: 500. A database that does not answer: 503, and when to come again.

    Rendered without what needs the database, because that may be what is broken; with the
    commands that roll the release back by hand, for those who were shown it before.
    """
    reference = secrets.token_hex(3)
    log.error(
        "a request failed",
        reference=reference,
        method=request.method,
        path=request.path,
        address=request.META.get("REMOTE_ADDR", ""),
        error=type(sys.exc_info()[1]).__name__,
    )
    own = {"reference": reference, "styles": _styles(), "by_hand": _by_hand(request)}
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        page = render_to_string("503.html", own)
        return HttpResponse(page, status=503, headers={"Retry-After": "5"})
    return HttpResponse(render_to_string("500.html", own), status=500)


def _by_hand(request: HttpRequest) -> dict | None:
    found = _RELEASE.match(request.path)
    allowed = found and byhand.may_read(request, found[1])
    return byhand.read(found[1]) if allowed else None


def _styles() -> list[str]:
    """Where the styles lie; none where even that cannot be told."""
    try:
        return [static(f"css/{name}.css") for name in STYLES]
    except ValueError:  # an installation whose files were not collected whole
        return []
