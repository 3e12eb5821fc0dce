from django.conf import settings
from django.http import HttpRequest, HttpResponse

from warroom.actions.refusals import Refused
from warroom.views.answers import refusal


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


class RefusalMiddleware:
    """Turns a Refused that a view let through into its answer: 403, 409 or 422 in words."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal(request, exception) if isinstance(exception, Refused) else None
