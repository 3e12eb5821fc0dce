from ipaddress import ip_address

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from warroom.demo.accounts import PASSWORD, demo_accounts
from warroom.forms import SignInForm
from warroom.models import User
from warroom.views.answers import local

DAY = 24 * 60 * 60  # seconds
YEAR = 365 * DAY


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """Name and password; after five wrong ones this name pauses for this address."""

    template_name = "warroom/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **context) -> dict:
        if settings.DEMO and _is_loopback(self.request):
            context |= {"accounts": demo_accounts(), "demo_password": PASSWORD}
        return super().get_context_data(**context)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        answer = super().form_valid(form)
        # 0: the session ends with the browser.
        self.request.session.set_expiry(DAY if form.cleaned_data["stay"] else 0)
        return answer

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        name = {"username": form.data.get("username", "")}
        wrong = AxesProxyHandler.get_failures(self.request, name) if settings.AXES_ENABLED else 0
        context = self.get_context_data(form=form)
        if wrong:
            context["tries_left"] = max(0, settings.AXES_FAILURE_LIMIT - wrong)
        return render(self.request, self.template_name, context, status=422)


def _is_loopback(request: HttpRequest) -> bool:
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def locked_out(request: HttpRequest, credentials: dict, *args, **kwargs) -> HttpResponse:
    """After too many wrong passwords: a pause, said in words. Other people are not held up."""
    return render(request, "warroom/sign_in.html", {"locked_out": True}, status=429)


@never_cache
@require_safe
def signed_in(request: HttpRequest) -> HttpResponse:
    """204 and a CSRF cookie for who is signed in: asked before a form leaves its page."""
    get_token(request)
    return HttpResponse(status=204)


@login_not_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie; an empty choice follows the device again."""
    answer = HttpResponseRedirect(local(request, "/"))
    theme = request.POST.get("theme", "")
    if theme in ("light", "dark"):
        answer.set_cookie(
            "theme", theme, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    else:
        answer.delete_cookie("theme", samesite="Lax")
    return answer


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language with the person, and in a cookie for who is not signed in."""
    answer = HttpResponseRedirect(local(request, "/"))
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return answer
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=language)
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer
