from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from warroom.actions.refusals import Refused
from warroom.live import byhand
from warroom.views.answers import refusal


class LanguageMiddleware:
    """A person's own language goes before the browser's. Pages of a release speak the release's."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Who has no session has no language of their own: no user is read for them.
        known = settings.SESSION_COOKIE_NAME in request.COOKIES
        if known and (chosen := getattr(request.user, "language", "")):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        return self.get_response(request)


class NotKeptMiddleware:
    """What a signed-in person sees is not kept: Back after signing out shows nothing old."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not response.has_header(
            "Cache-Control"
        ):
            response["Cache-Control"] = "private, no-store"
        return response


class ByHandMiddleware:
    """Who was shown a release may read its commands by hand when pages cannot be made any more."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if slug := getattr(request, "shown_plan", ""):
            byhand.allow(request, response, slug)
        return response


class RefusalMiddleware:
    """Turns a Refused that a view let through into its answer: 403, 409 or 422 in words."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal(request, exception) if isinstance(exception, Refused) else None


class NotTakenMiddleware:
    """A page of ours where an address does not take the method and a person looks at it (405)."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        reads = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != 405 or not reads or response.content:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response.get("Allow", "")
        return page
