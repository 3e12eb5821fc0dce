from django.http import HttpRequest, HttpResponse

from warroom.actions.refusals import Refused
from warroom.views.answers import refusal


class RefusalMiddleware:
    """Turns a Refused that a view let through into its answer: 403, 409 or 422 in words."""

    def __init__(self, get_response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal(request, exception) if isinstance(exception, Refused) else None
