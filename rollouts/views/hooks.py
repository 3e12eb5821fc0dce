"""``/hooks/<kind>/<token>``: managers post their alerts here. The token is what counts."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from rollouts.actions.alerts import receive
from rollouts.actions.hooks import find_hook
from rollouts.rules.alert_payloads import WrongPayload, read

LIMIT_BYTES = 1_000_000


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def hook(request: HttpRequest, kind: str, token: str) -> HttpResponse:
    """What fired and what is resolved. 404 for a token that there is not, 422 for another body.

    The same again is 200 and changes nothing, so that a manager that sends twice is content.
    """
    found = find_hook(kind, token)
    if found is None:
        return _wrong("There is no such hook.", 404)
    body = request.read(LIMIT_BYTES + 1)
    if len(body) > LIMIT_BYTES:
        return _wrong("More than 1 MB is not taken.", 413)
    try:
        envelope = read(body)
    except WrongPayload as wrong:
        return _wrong(str(wrong), 422)
    heard = receive(found, envelope)
    return JsonResponse(
        {
            "fired": len(heard.fired),
            "resolved": len(heard.resolved),
            "known": len(heard.again),
            "cut": envelope.cut,
        }
    )


def _wrong(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"detail": sentence}, status=status)
