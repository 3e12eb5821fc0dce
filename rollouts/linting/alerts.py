"""Findings about who reports by itself: scripts that never did, hooks that were never heard."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.queries.alerts import hooks_now
from rollouts.queries.watching import checks_now
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.rules.wording import listed


def never_pinged(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Heartbeats without a first word: whether their scripts know the address is not known."""
    silent = [row for row in checks_now(plan, now) if row.kind == "heartbeat" and not row.pinged_at]
    for row in silent:
        url = reverse("check", args=[plan.slug, row.key])
        text = _("Run the script once before T0: until then it is no data.")
        yield LintFinding(
            "heartbeat",
            _("{row} has never reported").format(row=row.name),
            text,
            row.name,
            url,
            _("See check"),
        )


def never_heard(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Hooks that nobody posted to: “no alert fires” is not known by them."""
    for hook in hooks_now(plan, now):
        if hook.heard_at is None:
            url = f"{reverse('alerts', args=[plan.slug])}#hooks"
            title = _("{hook} has never told an alert").format(hook=hook.name)
            text = _("Fire a test alert: until something is heard, its silence says nothing.")
            yield LintFinding("hook", title, text, hook.name, url, _("See alerts"))


def without_runbook(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Checks that hold or roll back, of which some say what to do and others do not (S111)."""
    rows = [row for row in checks_now(plan, now) if not row.report_only]
    bare = [row.name for row in rows if not row.runbook_url]
    if not bare or len(bare) == len(rows):
        return
    shown = listed(bare[:4]) + (
        _(" and {count} more").format(count=len(bare) - 4) if len(bare) > 4 else ""
    )
    title = ngettext(
        "{count} check has no runbook", "{count} checks have no runbook", len(bare)
    ).format(count=len(bare))
    url = reverse("checks", args=[plan.slug])
    text = _("{shown}: whoever is called looks for what to do.").format(shown=shown)
    yield LintFinding("runbook", title, text, "checks", url, _("See checks"))


for source in (never_pinged, never_heard, without_runbook):
    register_lint(source)
