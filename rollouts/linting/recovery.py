"""Findings about the way back: procedures that do not add up, backups that do not count."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.queries.backups import backups_now, findings
from rollouts.queries.procedures import procedures_now, ruled
from rollouts.rules.procedures import odd
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan


def recovery(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Sums of targets, the order of steps, backups of elsewhere or with another checksum."""
    url = reverse("recovery", args=[plan.slug])
    for row in procedures_now(plan, now):
        edit = reverse("procedure-edit", args=[plan.slug, row.key])
        for code, text in odd(row.target_s, [ruled(step) for step in row.steps.all()]):
            title = _("The procedure {row} does not add up").format(row=row.name)
            said = f"{text[:1].upper()}{text[1:]}"
            yield LintFinding(
                code, title, said, row.name, edit, _("Edit steps"), row.source_line or 0
            )
    for code, text in findings(plan, backups_now(plan, now)):
        title = (
            _("A backup is not what it claims")
            if code == "backup_mismatch"
            else _("No backup counts")
        )
        yield LintFinding(code, title, text, "backups", f"{url}#backups", _("See backups"))


register_lint(recovery)
