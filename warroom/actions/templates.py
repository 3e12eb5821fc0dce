"""Releases begun with a template, and plans that become one."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.change import change
from warroom.actions.drafts import Outline, Wishes, begin
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.documents.portable import as_yaml, plan_data, read
from warroom.documents.source import DocumentError
from warroom.documents.templates import SHIPPED, Starter
from warroom.models import DeploymentPlan, PlanTemplate, Right, User
from warroom.rules.keys import free_key
from warroom.rules.outlines import TAKES, days_from, drop_called, drop_dates, taken

NAME_LIMIT, SUMMARY_LIMIT = 200, 300
# Of the plan itself a template keeps its habits: no name, no dates, nobody's names.
KEPT_OF_PLAN = ("watch", "score_max")
ALL_BUT_PEOPLE = set(TAKES) - {_l("people")}
RESERVED = frozenset({*SHIPPED, "new"})


def start_from_template(
    starter: Starter,
    wishes: Wishes,
    *,
    by: User,
    role_key: str = "",
    request_id: str | None = None,
) -> DeploymentPlan:
    """Make a draft of a template; the same request makes one. Raises as ``drafts.begin`` does."""
    plan = {key: value for key, value in starter.data["plan"].items() if key != "summary"}
    outline = Outline(
        starter.data | {"plan": plan},
        "plan.created",
        _("Created from the template “{starter}”: {starter_sentence}.").format(
            starter=starter.name, starter_sentence=starter.sentence
        ),
        source_name=_("Template: {starter}").format(starter=starter.name)[:200],
    )
    return begin(outline, wishes, by=by, role_key=role_key, request_id=request_id)


def make_template(
    plan: DeploymentPlan,
    name: str,
    summary: str = "",
    *,
    by: User,
    request_id: str | None = None,
) -> PlanTemplate | None:
    """Keep a plan's structure to begin releases with: no states, people or dates go along.

    Whoever sees the plan may use it. None when the same request did so before. Raises Invalid for
    an empty, long or taken name, NotAllowed without the right to edit.
    """
    name, summary = name.strip(), summary.strip()
    _check(name, summary)
    # Also of a closed release: what went well is what others begin with.
    with change(plan, by=by, right=Right.EDIT, request_id=request_id, when_closed=True) as keeping:
        if keeping.repeated:
            return None
        if PlanTemplate.objects.filter(name=name, made_from=plan, retired_at=None).exists():
            raise Invalid(
                "template_name", _("This plan has a template of that name. Give another.")
            )
        row = PlanTemplate.objects.create(
            key=_free_key(name),
            name=name,
            summary=summary,
            body=_body(keeping.plan, name, summary),
            made_from=keeping.plan,
            author=by,
        )
        keeping.record(
            "template.made", _("Kept as the template “{name}”.").format(name=name), template=row.key
        )
    return row


def retire_template(template: PlanTemplate, *, by: User) -> None:
    """Offer a template no longer; releases made of it stay as they are. Twice changes nothing.

    Raises NotAllowed for anybody but its author and administrators.
    """
    if by.pk != template.author_id and not by.is_superuser:
        raise NotAllowed(
            _("Only {display_name} can retire this template.").format(
                display_name=template.author.display_name
            )
        )
    waiting = PlanTemplate.objects.filter(pk=template.pk, retired_at=None)
    if template.made_from is None:
        waiting.update(retired_at=timezone.now())  # the release is gone, and its timeline with it
        return
    with change(template.made_from, by=by, when_closed=True) as retiring:
        if waiting.update(retired_at=retiring.at):
            text = _("The template “{template}” is no longer offered.").format(
                template=template.name
            )
            retiring.record("template.retired", text, template=template.key)


def _body(plan: DeploymentPlan, name: str, summary: str) -> str:
    body = as_yaml(bare(plan_data(plan, states=False), name, summary))
    try:
        read(body, "yaml")
    except DocumentError as error:
        raise Refused(
            _("As it stands, the plan cannot be kept as a template. {error}").format(error=error)
        ) from error
    return body


def _check(name: str, summary: str) -> None:
    if not name:
        raise Invalid("template_name", _("Give the template a name."))
    if len(name) > NAME_LIMIT:
        raise Invalid(
            "template_name", _("At most {name_limit} characters.").format(name_limit=NAME_LIMIT)
        )
    if len(summary) > SUMMARY_LIMIT:
        raise Invalid(
            "template_summary",
            _("At most {summary_limit} characters.").format(summary_limit=SUMMARY_LIMIT),
        )


def _free_key(name: str) -> str:
    base = slugify(name)[:50].strip("-_") or "template"
    kept = PlanTemplate.objects.filter(key__startswith=base).values_list("key", flat=True)
    return free_key(base, RESERVED.union(kept))


def bare(data: dict[str, Any], name: str, summary: str) -> dict[str, Any]:
    """A plan's data without what belongs to that one release: people, dates, what was done."""
    kept = taken({key: part for key, part in data.items() if key != "document"}, ALL_BUT_PEOPLE)
    drop_called(kept)
    drop_dates(kept, lambda at: False)
    t0 = data["plan"].get("t0")
    days_from(kept, date.fromisoformat(t0[:10]) if t0 else None)
    habits = {key: data["plan"][key] for key in KEPT_OF_PLAN if key in data["plan"]}
    said = {"name": name, "summary": summary}
    return kept | {"plan": {key: value for key, value in said.items() if value} | habits}
