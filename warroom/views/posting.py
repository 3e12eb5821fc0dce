"""Addresses that only take a form. Somebody lands there all the same: a page that is drawn again
after a refusal stands at the address of its form, and is loaded anew, kept or copied from there.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from warroom.queries.plans import get_plan

View = Callable[..., HttpResponse]


def posted(home: str, *names: str, at: str = "") -> Callable[[View], View]:
    """The view takes POST only; whoever opens its address is led to the page ``home``.

    ``names``: parts of the address that ``home`` has as well, besides the release. ``at``: what
    follows, with parts of the address in braces: ``?finding={number}#finding``. 404 for whoever
    may not see the release.
    """

    def wrap(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, **parts)
            if "slug" in parts:
                get_plan(request.user, parts["slug"])
            shared = {name: parts[name] for name in ("slug", *names) if name in parts}
            return HttpResponseRedirect(_with(request, reverse(home, kwargs=shared), at, parts))

        return answer

    return wrap


def _with(request: HttpRequest, address: str, at: str, parts: dict[str, Any]) -> str:
    """The address of the page; what was chosen in the query stays chosen."""
    query, _, anchor = at.format(**parts).partition("#")
    own = request.META.get("QUERY_STRING", "")
    if own:
        query = f"{query}&{own}" if query else f"?{own}"
    return f"{address}{query}{'#' if anchor else ''}{anchor}"
