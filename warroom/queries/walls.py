"""Links by which screens without an account show a wall, and who may look at it."""

import re

from django.http import HttpRequest

from warroom.models import DeploymentPlan, WallLink
from warroom.queries.tokens import digest_of

WALL = "wall"  # the place of its panels
PREFIX = "wl_"
_KEY = re.compile(r"wl_[-A-Za-z0-9_]{20,80}")


def cookie_of(slug: str) -> str:
    """The name of the cookie that holds the key of a release's wall, sent to that wall only."""
    return f"wall-{slug}"


def find_link(slug: str, key: str) -> WallLink | None:
    """The link whose key this is, unless it was revoked or belongs to another release."""
    if not _KEY.fullmatch(key):
        return None
    found = WallLink.objects.select_related("plan").filter(
        digest=digest_of(key), revoked_at=None, plan__slug=slug
    )
    return found.first()


def link_of(request: HttpRequest, slug: str) -> WallLink | None:
    """The link by which the request's screen was opened, if it still counts."""
    return find_link(slug, request.COOKIES.get(cookie_of(slug), ""))


def links_of(plan: DeploymentPlan) -> list[WallLink]:
    """The links that count, oldest first."""
    return list(plan.wall_links.filter(revoked_at=None).select_related("made_by"))
