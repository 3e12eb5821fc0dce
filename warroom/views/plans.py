from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_safe

from warroom import navigation
from warroom.live import kept, outlook, panels
from warroom.live.headline import headline, shown_verdict, stands
from warroom.live.shapes import shape_now
from warroom.models import DeploymentPlan, Lifecycle, User
from warroom.queries.people import Standing, role_keys, roles_now, seated, standing_among
from warroom.queries.plans import get_plan, plans_for
from warroom.rules.shapes import is_before

GROUPS = [
    ("live", _l("Live now"), {Lifecycle.DEPLOYING, Lifecycle.WATCHING}),
    ("coming", _l("Coming"), {Lifecycle.PREPARING}),
    ("drafts", _l("Drafts"), {Lifecycle.DRAFT}),
    ("finished", _l("Finished"), {Lifecycle.STABLE, Lifecycle.ROLLED_BACK, Lifecycle.ABORTED}),
]


@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """The releases that this person may see: live, coming, drafts, finished."""
    now = timezone.now()
    plans = list(plans_for(request.user).prefetch_related("roles", seated(now, "roles__")))
    progress = outlook.progress(plans)
    rows = [_row(plan, now, progress.get(plan.pk)) for plan in plans]
    groups = [
        {"id": name, "title": title, "rows": chosen}
        for name, title, _unused in GROUPS
        if (chosen := [row for row in rows if row["group"] == name])
    ]
    context = {
        "now": now,
        "seq": int(now.timestamp()),
        "groups": groups,
        "summary": _summary(groups),
        "import_url": reverse("import"),
    }
    if request.htmx:
        parts = ("warroom/_releases_sum.html", "warroom/_releases.html")
        answer = HttpResponse("".join(render_to_string(part, context) for part in parts))
    else:
        answer = render(request, "warroom/plans.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _summary(groups: list[dict]) -> str:
    """``1 live and on hold, 2 coming, 1 finished.``"""
    held = {"hold": _(" and on hold"), "rollback": _(" and rolling back")}
    parts = []
    for group in groups:
        verdicts = {row["verdict"].word for row in group["rows"]}
        more = held.get(verdicts.pop(), "") if group["id"] == "live" and len(verdicts) == 1 else ""
        count, noun = len(group["rows"]), group["id"]
        noun = "draft" if noun == "drafts" and count == 1 else noun
        parts.append(f"{count} {noun}{more}")
    return f"{', '.join(parts)}." if parts else _("None yet.")


def _row(plan: DeploymentPlan, now: datetime, progress: outlook.Progress | None) -> dict:
    people = [seat.user.display_name for role in plan.roles.all() for seat in role.seats.all()]
    return {
        "plan": plan,
        "group": _group(plan, now),
        "verdict": shown_verdict(plan, now),
        "stands": stands(plan, now),
        "people": list(dict.fromkeys(people)),
        "progress": progress,
    }


def _group(plan: DeploymentPlan, now: datetime) -> str:
    group = next(name for name, _unused, lifecycles in GROUPS if plan.lifecycle in lifecycles)
    begun = plan.t0 is not None and plan.t0 <= now
    before = is_before(plan.lifecycle, begun=begun, judged=bool(plan.verdict))
    return "live" if group == "coming" and not before else group


@require_safe
def room(request: HttpRequest, slug: str) -> HttpResponse:
    plan = get_plan(request.user, slug)
    return render(request, "warroom/room.html", page(request, plan, "room"))


def viewer_of(person: User, held: Standing) -> str:
    """Who looks at a page, as what: ``12 lead member on-call``."""
    return " ".join([str(person.pk), *sorted(held.keys)])


def page(request: HttpRequest, plan: DeploymentPlan, place: str) -> dict:
    """The context of a release page: plan, the viewer's standing, panels rendered by slot."""
    now = timezone.now()
    shape = shape_now(plan, now) if place == "room" else ""
    # What is spoken stands empty in the frame until there is news.
    shown = [one for one in panels.shown_at(place) if one.stand(shape) and one.slot != "say"]
    fragments = {panel.name: _fragment(panel, plan, now) for panel in shown}
    standing = standing_among(roles_now(plan, now), request.user)
    request.shown_plan = plan.slug  # what it may be told when nothing else works
    return {
        "plan": plan,
        "now": now,
        "place": place,
        "verdict": shown_verdict(plan, now),
        "headline": headline(plan, now),
        "tabs": tabs(plan, now),
        "role_keys": role_keys(roles_now(plan, now)),
        "standing": standing,
        "viewer": viewer_of(request.user, standing),
        "shape": shape,
        "slots": _slots(shown, fragments, shape),
        "fragments": fragments,
    }


def _fragment(panel: panels.Panel, plan: DeploymentPlan, now: datetime) -> str:
    if panel.is_family:
        return ""
    # What has nothing to show keeps its place: it may have something later.
    return kept.render(panel, plan, now) or panels.nothing(plan, panel.name)


def _slots(
    shown: list[panels.Panel], fragments: dict[str, str], shape: str
) -> dict[str, list[str]]:
    """The fragments by slot, in the order of the shape, framed where they have a heading."""
    stands = [(panel.stand(shape), panel) for panel in shown]
    slots: dict[str, list[str]] = {}
    for stand, panel in sorted(stands, key=lambda pair: (pair[0].order, pair[1].name)):
        html = fragments[panel.name]
        if panel.heading:
            frame = {"panel": panel, "stand": stand, "html": html}
            frame["sum"] = fragments.get(panel.sum, "")
            html = render_to_string("warroom/_frame.html", frame)
        slots.setdefault(stand.slot, []).append(html)
    return slots


def tabs(plan: DeploymentPlan, now: datetime) -> list[dict]:
    """The sections of a release as links; their figures are live fragments of their own."""
    figure = panels.get("tab")
    return [
        {
            "name": tab.name,
            "label": tab.label,
            "url": tab.url(plan),
            "icon": tab.icon,
            "key": tab.key,
            "count": kept.render(figure, plan, now, tab.name) if tab.count else "",
        }
        for tab in navigation.tabs()
    ]
