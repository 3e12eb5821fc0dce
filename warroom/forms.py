from urllib.parse import urlencode

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from warroom.form_parts import T0_FORMATS, OnceForm
from warroom.models import User


class SignInForm(AuthenticationForm):
    stay = forms.BooleanField(
        label=_l("Stay signed in on this device for 24 h"), required=False, initial=True
    )


class NoteForm(OnceForm):
    """A note for the timeline."""

    text = forms.CharField(
        label=_l("What happened or what you see"), widget=forms.Textarea(attrs={"rows": 4})
    )


class TimelineFilter(forms.Form):
    """Which part of a timeline to show; everything that is left empty narrows nothing."""

    # Prefixes of timeline kinds; the floors above name theirs.
    KINDS = {
        "decisions": ("gate.", "vote.", "criterion.", "readiness.", "verdict."),
        "rollout": (
            "stage.",
            "rollout.",
            "effect.",
            "executor.",
            "guardrail.",
            "trigger.",
            "rollback.",
            "run.",
            "drill.",
            "round.",
            "success.",
            "procedure.",
            "backup.",
            "plan.",
        ),
        "checks": ("check.", "metric.", "query.", "evidence.", "finding.", "dryrun.", "load."),
        "items": ("item", "phase.", "group.", "section.", "daily.", "signoff.", "condition."),
        "people": ("seat.", "role.", "invitation.", "message.", "contact."),
        "notes": ("note.",),
    }
    LABELS = {
        "": _l("Everything"),
        "decisions": _l("Decisions and votes"),
        "rollout": _l("Plan and rollout"),
        "checks": _l("Checks and results"),
        "items": _l("Items and sign-offs"),
        "people": _l("People"),
        "notes": _l("Notes"),
    }
    OF = {  # "No entry …"
        "decisions": _l("of decisions and votes"),
        "rollout": _l("of plan and rollout"),
        "checks": _l("of checks and results"),
        "items": _l("of items and sign-offs"),
        "people": _l("of people"),
        "notes": _l("of notes"),
    }

    kind = forms.ChoiceField(required=False, choices=list(LABELS.items()))
    by = forms.ChoiceField(required=False)
    q = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _l("Search text")}),
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def __init__(self, *args, authors: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["by"].choices = [("", _("Everybody")), *((name, name) for name in authors)]

    @property
    def narrows(self) -> bool:
        return any(self.cleaned_data.values())

    @property
    def query(self) -> dict:
        chosen = self.cleaned_data
        return {
            "kinds": self.KINDS.get(chosen["kind"], ()),
            "by": chosen["by"],
            "text": chosen["q"],
            "before": chosen["before"],
        }

    @property
    def query_string(self) -> str:
        chosen = {name: self.cleaned_data[name] for name in ("kind", "by", "q")}
        return urlencode({name: value for name, value in chosen.items() if value})

    @property
    def sentence(self) -> str:
        """``matches “latency” by Hudson``, for the empty page."""
        chosen = self.cleaned_data
        words = [str(self.OF[chosen["kind"]]) if chosen["kind"] else ""]
        words += [_("matches “{text}”").format(text=chosen["q"]) if chosen["q"] else ""]
        words += [_("by {by}").format(by=chosen["by"]) if chosen["by"] else ""]
        return " ".join(word for word in words if word) or _("here")


class StatusUpdateForm(OnceForm):
    """A sentence for the public status page."""

    text = forms.CharField(
        label=_l("What the public should know"),
        help_text=_l(
            "Shown to everyone, signed in or not, and never changed afterwards. No names."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ImportForm(forms.Form):
    """A document, pasted or as a file."""

    text = forms.CharField(
        label=_l("Paste it"),
        help_text=_l("Paste it or choose a file: one of the two."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "in in--code", "spellcheck": "false", "rows": 12}),
    )
    file = forms.FileField(
        label=_l("Or choose a file"),
        required=False,
        allow_empty_file=True,
        help_text=_l(".md or .txt, or a plan as .yaml or .json; UTF-8, up to 1 MB"),
        widget=forms.FileInput(
            attrs={
                "class": "in",
                "accept": ".md,.markdown,.txt,.yaml,.yml,.json,text/markdown,text/plain",
            }
        ),
    )

    into = forms.ChoiceField(label=_l("Into"), required=False)

    def __init__(self, *args, plans=(), **kwargs) -> None:
        """``plans`` are those that the person may add to."""
        super().__init__(*args, **kwargs)
        new = [("", _("A new release"))]
        self.fields["into"].choices = new + [
            (p.slug, _("{plan}, as new phases").format(plan=p.name)) for p in plans
        ]
        # A NUL is refused by the reader, which names its line.
        self.fields["text"].validators = []

    def clean(self) -> dict:
        values = super().clean() or {}
        if values.get("file") is None and not (values.get("text") or "").strip():
            raise forms.ValidationError(_("Nothing to read: paste a text or choose a file."))
        return values


def accounts_named(holders: list[str]) -> dict[str, User]:
    """The one active account whose user name or first name is a holder's name or its first word."""
    words = {holder: {holder.lower(), holder.split()[0].lower()} for holder in holders}
    wanted = {word for some in words.values() for word in some}
    people = User.objects.alias(called=Lower("first_name"), known=Lower("username")).filter(
        Q(called__in=wanted) | Q(known__in=wanted), is_active=True
    )
    by_name: dict[str, set[User]] = {}
    for person in people:
        for name in (person.first_name.lower(), person.username.lower()):
            by_name.setdefault(name, set()).add(person)
    found = {
        holder: set().union(*(by_name.get(word, set()) for word in some))
        for holder, some in words.items()
    }
    return {holder: next(iter(some)) for holder, some in found.items() if len(some) == 1}


class CreatePlanForm(forms.Form):
    """What a person adds to a document that was understood. ``t0`` is typed as UTC text."""

    name = forms.CharField(label=_l("Release name"), max_length=200)
    slug = forms.SlugField(
        label=_l("Address"), max_length=80, help_text=_l("Stands in the link: /plans/…/")
    )
    t0 = forms.DateTimeField(
        label="T-0, UTC",
        required=False,
        input_formats=T0_FORMATS,
        help_text=_l("As 2025-10-25 06:00. Left empty, offsets wait for it."),
        widget=forms.DateTimeInput(attrs={"inputmode": "numeric"}, format="%Y-%m-%d %H:%M"),
    )
    status_public = forms.BooleanField(label=_l("Public status page"), required=False)

    def __init__(self, *args, roles=(), warnings: int = 0, past: str = "", **kwargs) -> None:
        """``past`` is the document's T-0 in words when it is over and a new one is asked for."""
        super().__init__(*args, **kwargs)
        self.roles = list(roles)
        if past:
            self.fields["t0"].label = _("New T-0, UTC")
            self.fields["t0"].help_text = _(
                "As 2025-10-25 06:00. Leave empty to keep {past}."
            ).format(past=past)
        people = User.objects.filter(is_active=True).order_by("username")
        named = accounts_named([role.holder for role in self.roles if role.holder])
        for role in self.roles:
            self.fields[f"seat_{role.key}"] = forms.ModelChoiceField(
                people,
                label=role.name,
                required=False,
                empty_label=_("Not yet"),
                initial=named.get(role.holder),
            )
        if warnings:
            self.fields["seen"] = forms.BooleanField(
                label=ngettext(
                    "I have read the {count} warning",
                    "I have read the {count} warnings",
                    warnings,
                ).format(count=warnings),
                error_messages={"required": _("Read the warnings and say so.")},
            )

    @property
    def seat_fields(self) -> list[forms.BoundField]:
        return [self[f"seat_{role.key}"] for role in self.roles]

    @property
    def seats(self) -> dict[str, User]:
        """People by the key of their role; of the cleaned form."""
        chosen = {role.key: self.cleaned_data.get(f"seat_{role.key}") for role in self.roles}
        return {key: person for key, person in chosen.items() if person is not None}


class CloseEscalationForm(OnceForm):
    """Why a call for help is over."""

    reason = forms.CharField(
        label=_l("What was it, and why is it over"), widget=forms.Textarea(attrs={"rows": 2})
    )
