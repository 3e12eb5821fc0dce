import ipaddress

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from warroom.queries.work import tick_age

TICK_AGE = Gauge("warroom_tick_age_seconds", "Seconds since a worker last looked for due work")
_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")


@never_cache
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """This process's own figures, for a Prometheus on the same machine; 404 to everyone else."""
    if not _from_this_machine(request):
        raise Http404
    age = tick_age(timezone.now())
    TICK_AGE.set(float("nan") if age is None else age)
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _from_this_machine(request: HttpRequest) -> bool:
    # A proxy on this machine is on loopback too, but asks for somebody else.
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
