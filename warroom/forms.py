from urllib.parse import urlencode
from uuid import uuid4

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from warroom.models import DeploymentPlan, Role, User


class SignInForm(AuthenticationForm):
    stay = forms.BooleanField(
        label="Stay signed in on this device for 24 h", required=False, initial=True
    )


class SeatForm(forms.Form):
    """Who sits as what. Roles are those of the plan; people are named by their user name."""

    role = forms.ModelChoiceField(Role.objects.none(), to_field_name="key", empty_label=None)
    person = forms.CharField(label="User name", max_length=150)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = plan.roles.all()

    def clean_person(self) -> User:
        name = self.cleaned_data["person"].strip()
        person = User.objects.filter(username=name, is_active=True).first()
        if person is None:
            raise forms.ValidationError(
                f"Nobody has the user name {name!r}. An administrator makes accounts under /admin/."
            )
        return person


class NoteForm(forms.Form):
    """A note for the timeline. The hidden id makes a note that is sent twice stand once."""

    text = forms.CharField(
        label="What happened or what you see", widget=forms.Textarea(attrs={"rows": 4})
    )
    once = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    @property
    def request_id(self) -> str | None:
        once = self.cleaned_data.get("once")
        return f"note-{once}" if once else None


class TimelineFilter(forms.Form):
    """Which part of a timeline to show; everything that is left empty narrows nothing."""

    # Prefixes of timeline kinds; the floors above name theirs.
    KINDS = {
        "decisions": ("gate.", "vote.", "decision.", "verdict."),
        "rollout": ("stage.", "rollback.", "plan."),
        "checks": ("check.", "metric.", "query."),
        "items": ("item.", "signoff.", "condition."),
        "people": ("seat.",),
        "notes": ("note.",),
    }
    LABELS = {
        "": "Everything",
        "decisions": "Decisions and votes",
        "rollout": "Plan and rollout",
        "checks": "Checks",
        "items": "Items and sign-offs",
        "people": "People",
        "notes": "Notes",
    }

    kind = forms.ChoiceField(required=False, choices=list(LABELS.items()))
    by = forms.ChoiceField(required=False)
    q = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Search text"}),
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def __init__(self, *args, authors: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["by"].choices = [("", "Everybody"), *((name, name) for name in authors)]

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
        words = [f"of {self.LABELS[chosen['kind']].lower()}" if chosen["kind"] else ""]
        words += [f"matches “{chosen['q']}”" if chosen["q"] else ""]
        words += [f"by {chosen['by']}" if chosen["by"] else ""]
        return " ".join(word for word in words if word) or "here"


class StatusUpdateForm(forms.Form):
    """A sentence for the public status page. The hidden id makes what is sent twice stand once."""

    text = forms.CharField(
        label="What the public should know",
        help_text="Shown to everyone, signed in or not, and never changed afterwards. No names.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    once = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    @property
    def request_id(self) -> str | None:
        once = self.cleaned_data.get("once")
        return f"status-{once}" if once else None
