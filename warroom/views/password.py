"""The password again, before something is signed or decided (law 10).

Who gave it within the last five minutes is not asked. The form that asks keeps what was typed.
"""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

FRESH = timedelta(minutes=5)
KEY = "password_at"  # in the session: seconds since 1970, UTC
MOST_WRONG = 5
WRONG, WAIT = "password_wrong", "password_wait_until"  # in the session: count; seconds since 1970
OWN = ("csrfmiddlewaretoken", "password")


def remember(request: HttpRequest) -> None:
    """The person has just given the password in this session."""
    request.session[KEY] = timezone.now().timestamp()


def on_sign_in(sender, request: HttpRequest, user, **kwargs) -> None:
    remember(request)


def is_fresh(request: HttpRequest) -> bool:
    at = request.session.get(KEY, 0)
    return 0 <= timezone.now().timestamp() - at <= FRESH.total_seconds()


def ask_again(request: HttpRequest, what: str) -> HttpResponse | None:
    """None when the password is fresh or comes right with this form; else the page that asks.

    ``what`` says what it is for: 'sign phase 4'. Wrong ones count in
    this session alone: failures of somebody else at sign-in lock nobody out who is signed in.
    """
    if is_fresh(request):
        return None
    given = request.POST.get("password", "")
    if given and _is_right(request, given):
        remember(request)
        return None
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in OWN
        for value in values
    ]
    context = {
        "what": what,
        "kept": kept,
        "wrong": bool(given),
        "wait": _waits(request),
        "action": request.get_full_path(),
    }
    return render(request, "warroom/password.html", context, status=403)


def _is_right(request: HttpRequest, given: str) -> bool:
    session, now = request.session, timezone.now().timestamp()
    if now < session.get(WAIT, 0):
        return False
    if request.user.check_password(given):
        session.pop(WRONG, None)
        return True
    session[WRONG] = session.get(WRONG, 0) + 1
    if session[WRONG] >= MOST_WRONG:
        session[WRONG], session[WAIT] = 0, now + FRESH.total_seconds()
    return False


def _waits(request: HttpRequest) -> bool:
    return timezone.now().timestamp() < request.session.get(WAIT, 0)
