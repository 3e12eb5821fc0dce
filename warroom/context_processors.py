from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone


def frame(request: HttpRequest) -> dict:
    """What the frame of every page needs: the server's clock, the chosen theme, the demo flag."""
    theme = request.COOKIES.get("theme", "")
    return {
        "server_now": timezone.now(),
        "theme": theme if theme in ("light", "dark") else "",
        "demo": settings.DEMO,
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }
