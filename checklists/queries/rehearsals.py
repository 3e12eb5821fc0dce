"""What comes from a rehearsal: it shows nothing about another release."""

import json
import re
from posixpath import normpath
from urllib.parse import unquote

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import ItemFile, Result
from warroom.models import DeploymentPlan

_ADDRESS = re.compile(r"^https?://[^/]+/(?:api/v1/)?plans/(?P<slug>[-a-zA-Z0-9_]{1,80})(?:[/?#]|$)")
_WAY_OUT = _l("A rehearsal shows nothing about another release: give evidence of this one.")


def foreign_link(url: str, plan: DeploymentPlan) -> str:
    """Why a link is no evidence for ``plan``: it leads into another plan's rehearsal; else ""."""
    match = _ADDRESS.match(_plain(url))
    found = _others(plan).filter(slug=match["slug"]).first() if match else None
    return (
        _("The link leads to the rehearsal {found}. {way_out}").format(
            found=found.name, way_out=_WAY_OUT
        )
        if found
        else ""
    )


def _plain(url: str) -> str:
    """The address as browsers and servers read it: decoded, without empty, dot or parent steps."""
    head, _unused, rest = unquote(url.replace("\\", "/")).partition("://")
    host, _unused, path = rest.partition("/")
    cut = re.split(r"[?#]", path, maxsplit=1)[0]
    return f"{head.strip().lower()}://{host}{normpath(f'/{cut}')}/"


def foreign_file(sha256: str, content: bytes, plan: DeploymentPlan) -> str:
    """Why a file is no evidence for ``plan``: a rehearsal has it, or wrote it; else ""."""
    held = ItemFile.objects.filter(sha256=sha256, item__plan__in=_others(plan))
    if row := held.select_related("item__plan").first():
        return _("This file was attached in the rehearsal {plan}. {way_out}").format(
            plan=row.item.plan.name, way_out=_WAY_OUT
        )
    brought = Result.objects.filter(sha256=sha256, plan__in=_others(plan)).exclude(file_name="")
    if result := brought.select_related("plan").first():
        return _("This file was brought in by the rehearsal {plan}. {way_out}").format(
            plan=result.plan.name, way_out=_WAY_OUT
        )
    if (of := _written_by(content)) and of != plan.slug:
        return _("This file was written by a rehearsal. {way_out}").format(way_out=_WAY_OUT)
    return ""


def _others(plan: DeploymentPlan) -> QuerySet[DeploymentPlan]:
    return DeploymentPlan.objects.filter(rehearsal=True).exclude(pk=plan.pk)


def _written_by(content: bytes) -> str:
    """The plan of a record of ours that says it is of a rehearsal; "" for any other file."""
    if b'"rehearsal"' not in content or not content.lstrip().startswith(b"{"):
        return ""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    of = record.get("plan")
    name = of.get("name", "") if isinstance(of, dict) else of
    marked = record.get("rehearsal") is True or (isinstance(of, dict) and "rehearsal" in of)
    return str(name or _("another plan")) if marked else ""
