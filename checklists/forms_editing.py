"""What people fill in to change the list itself: items, where they stand, phases and headings."""

import json
import re
from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.bulk import Chosen
from checklists.actions.groups import GroupWish
from checklists.actions.phases import PhaseWish
from checklists.actions.placing import Where
from checklists.forms import ReasonField
from checklists.models import ChecklistItem, ItemState
from checklists.queries.refs import name_items
from checklists.rules import due_text
from checklists.rules.items import COUNT_MOST
from checklists.rules.numbers import whole_number
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan

_WHERE = re.compile(r"(phase|group|before|after|under)-(\d{1,9})")
_CHOSEN = re.compile(r"(\d{1,9})(?:@(\d{1,9}))?")


class DueField(forms.CharField):
    """A time by the one rule of ``rules/due_text.py``; gives a Due."""

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("label", _l("Due, UTC or T-offset"))
        super().__init__(max_length=60, required=False, **kwargs)
        self.widget.attrs.update(placeholder=_l("20:55 or T+11:55"), autocomplete="off")
        self.t0: datetime | None = None

    def clean(self, value) -> due_text.Due:
        text = super().clean(value)
        try:
            return due_text.parse_due(text, self.t0, timezone.now())
        except due_text.NotUnderstood as wrong:
            raise forms.ValidationError(str(wrong)) from wrong


class LengthField(forms.CharField):
    """How long something runs, as 24h or 1h30m; gives seconds, or None."""

    def __init__(self, **kwargs) -> None:
        super().__init__(max_length=30, required=False, **kwargs)

    def clean(self, value) -> int | None:
        try:
            return due_text.parse_length(super().clean(value))
        except due_text.NotUnderstood as wrong:
            raise forms.ValidationError(str(wrong)) from wrong


class WhereField(forms.ChoiceField):
    """Where an item goes: ``phase-2``, ``group-7``, ``before-12``, ``after-12``, ``under-12``.

    Phases and items by their numbers, headings by their ids, all of the field's plan. What is not
    among the choices is taken as well, if it is there.
    """

    def __init__(self, **kwargs) -> None:
        super().__init__(label=_("Where"), **kwargs)
        self.plan: DeploymentPlan | None = None

    def valid_value(self, value) -> bool:
        return _WHERE.fullmatch(str(value)) is not None

    def clean(self, value) -> Where:
        kind, number = _WHERE.fullmatch(super().clean(value)).groups()
        found = where_of(self.plan, kind, int(number))
        if found is None:
            raise forms.ValidationError(_("That place is not there, or no longer. Choose another."))
        return found


def where_of(plan: DeploymentPlan, kind: str, number: int) -> Where | None:
    """The place that a word and a number name in this plan; None when it is not there."""
    if kind == "phase":
        phase = plan.phases.filter(number=number).first()
        return Where(phase) if phase else None
    if kind == "group":
        phases = plan.phases.filter(groups=number).prefetch_related("groups")
        groups = (group for phase in phases for group in phase.groups.all())
        group = next((one for one in groups if one.pk == number), None)
        return Where(group=group) if group else None
    item = ChecklistItem.objects.filter(plan=plan, number=number).first()
    key = "parent" if kind == "under" else kind
    return Where(**{key: item}) if item else None


def places(plan: DeploymentPlan, phase: int | None, without: int | None = None) -> list:
    """The choices of a ``WhereField``: ends of phases and headings; beside and below the items of
    one phase (its number), but for one item.
    """
    choices: list = []
    for one in plan.phases.prefetch_related("groups"):
        inner = [
            (
                f"phase-{one.number}",
                _("{one} {one_title}: at the end").format(one=one.number, one_title=one.title),
            )
        ]
        inner += [
            (f"group-{g.pk}", _("Heading {g}: at the end").format(g=g.title))
            for g in one.groups.all()
        ]
        choices.append((_("Phase {one}").format(one=one.number), inner))
    items = ChecklistItem.objects.filter(plan=plan, phase__number=phase).select_related("phase")
    named = [item for item in name_items(items) if item.number != without]
    for word in ("after", "under"):
        inner = [(f"{word}-{i.number}", f"{word} {i.ref} {i.text}"[:90]) for i in named]
        if inner:
            choices.append(
                (
                    _("{word} an item of phase {phase}").format(
                        word=word.capitalize(), phase=phase
                    ),
                    inner,
                )
            )
    return choices


class ItemForm(OnceForm):
    """All that people say of an item."""

    text = forms.CharField(label=_l("What must be true"), max_length=4000)
    role = forms.ModelChoiceField(
        None, to_field_name="key", required=False, empty_label=_l("Whoever may tick")
    )
    owner = forms.CharField(
        max_length=120, required=False, help_text=_l("A name, if it is one's own.")
    )
    due = DueField()
    required = forms.BooleanField(required=False, initial=True)
    blocking = forms.BooleanField(required=False)
    target = forms.CharField(
        max_length=120,
        required=False,
        help_text=_l("The value to reach, such as 22/22 or < 0.1 %."),
    )
    command = forms.CharField(
        max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    expected = forms.CharField(
        max_length=4000,
        required=False,
        label=_l("Expected output"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    count_of = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=COUNT_MOST,
        label=_l("How many"),
        help_text=_l("Such as 7."),
    )
    count_unit = forms.CharField(
        max_length=40,
        required=False,
        label=_l("Of what"),
        help_text=_l("Such as attached or rounds."),
    )
    runs = LengthField(label=_l("Runs for"), help_text=_l("Once begun: 24h, 1h30m."))

    FIELDS = (
        *("text", "role", "owner", "due", "required", "blocking", "target"),
        *("command", "expected", "count_of", "count_unit", "runs"),
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = plan.roles.all()
        self.fields["due"].t0 = plan.t0

    @property
    def said(self) -> dict:
        """The fields as ``actions.editing`` takes them; of the cleaned form."""
        return {name: self.cleaned_data[name] for name in self.FIELDS}


class WhyField(forms.CharField):
    """Why something is changed, for whoever compares the plan with what was done (S102)."""

    def __init__(self) -> None:
        help_text = _l("Shown with the change, before and after, in the timeline.")
        super().__init__(required=False, max_length=1000, label=_("Why"), help_text=help_text)


class EditItemForm(ItemForm):
    reason = WhyField()


class NewItemForm(ItemForm):
    """A new item and where it goes."""

    where = WhereField()

    def __init__(self, *args, plan: DeploymentPlan, phase: int | None = None, **kwargs) -> None:
        super().__init__(*args, plan=plan, **kwargs)
        self.fields["where"].plan = plan
        self.fields["where"].choices = lambda: places(plan, phase)


class MoveForm(OnceForm):
    where = WhereField()
    reason = WhyField()

    def __init__(self, *args, plan: DeploymentPlan, item: ChecklistItem, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["where"].plan = plan
        self.fields["where"].choices = lambda: places(plan, item.phase.number, item.number)


class RemoveForm(OnceForm):
    reason = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class BulkForm(OnceForm):
    """Several items, one state, one reason. An item is ``12@3``: its number and the revision."""

    items = forms.MultipleChoiceField(
        error_messages={"required": _l("Choose at least one item.")},
    )
    state = forms.ChoiceField(choices=ItemState.choices, initial="done")
    reason = ReasonField(
        required=False,
        max_length=4000,
        help_text=_l("One for all. Wanted for failed, blocked, skipped and not applicable."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].valid_value = lambda value: bool(_CHOSEN.fullmatch(value))

    @property
    def chosen(self) -> list[Chosen]:
        found = [_CHOSEN.fullmatch(value).groups() for value in self.cleaned_data["items"]]
        return [Chosen(int(n), int(seen) if seen else None) for n, seen in found]

    @property
    def numbers(self) -> set[int]:
        """The numbers that were sent, right or wrong; to tick them again."""
        values = self.data.getlist("items") if self.is_bound else []
        found = (whole_number(value.partition("@")[0]) for value in values)
        return {number for number in found if number is not None}


class SeenField(forms.CharField):
    """What a form showed of a thing before it was changed, as JSON; nothing when it is none."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, max_length=10_000)

    def clean(self, value) -> dict | None:
        try:
            seen = json.loads(super().clean(value) or "null")
        except (ValueError, RecursionError):
            return None
        return seen if isinstance(seen, dict) else None


class PhaseForm(OnceForm):
    title = forms.CharField(max_length=300)
    at = DueField(label=_l("Begins, UTC or T-offset"))
    until = DueField(label=_l("Ends, UTC or T-offset"))
    exit_criteria = forms.CharField(
        max_length=2000,
        required=False,
        label=_l("Over when"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    required = forms.BooleanField(required=False, initial=True)
    seen = SeenField()

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("at", "until"):
            self.fields[name].t0 = plan.t0

    @property
    def wish(self) -> PhaseWish:
        names = ("title", "at", "until", "exit_criteria", "required")
        return PhaseWish(**{name: self.cleaned_data[name] for name in names})


class GroupForm(OnceForm):
    title = forms.CharField(max_length=300)
    at = DueField(label=_l("Begins, T-offset"))
    until = DueField(label=_l("Ends, T-offset"))
    optional = forms.BooleanField(required=False)
    seen = SeenField()

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("at", "until"):
            self.fields[name].t0 = plan.t0

    @property
    def wish(self) -> GroupWish:
        names = ("title", "at", "until", "optional")
        return GroupWish(**{name: self.cleaned_data[name] for name in names})
