"""Forms about roles, seats and invitations. Times are typed as UTC text or T-offsets."""

from dataclasses import dataclass

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.roles import RoleWish, is_so
from warroom.form_parts import TIME_HELP, InstantField, OnceForm
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.queries.people import roles_state
from warroom.rules.lengths import offset
from warroom.rules.typed import instant_of, offset_of


def _person_named(name: str) -> User:
    person = User.objects.filter(username=name.strip(), is_active=True).first()
    if person is None:
        raise forms.ValidationError(
            _("Nobody has the user name {name!r}. Invite them, and they make an account.").format(
                name=name.strip()
            )
        )
    return person


class PersonForm(OnceForm):
    """Names somebody with an account."""

    OFFERED = 200  # accounts in the list below the field; of more nobody reads a list

    person = forms.CharField(
        label=_l("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"list": "accounts", "autocomplete": "off"}),
    )

    def accounts(self) -> list[User]:
        """Whom to offer, by user name; nobody when there are more than ``OFFERED``."""
        found = list(User.objects.filter(is_active=True).order_by("username")[: self.OFFERED + 1])
        return found if len(found) <= self.OFFERED else []

    def clean_person(self) -> User:
        return _person_named(self.cleaned_data["person"])


class SeatForm(PersonForm):
    """Who sits as what, for good or for a time. Roles are those of the plan."""

    role = forms.ModelChoiceField(Role.objects.none(), to_field_name="key", empty_label=None)
    starts_at = InstantField(label=_l("From, UTC"), required=False)
    ends_at = InstantField(label=_l("Until, UTC"), required=False)
    field_order = ("role", "person", "starts_at", "ends_at")

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, auto_id="seat_%s", **kwargs)
        self.fields["role"].queryset = plan.roles.all()
        for name in ("starts_at", "ends_at"):
            self.fields[name].t0 = plan.t0


class HandOverForm(PersonForm):
    """To whom a seat is lent, and between which times."""

    starts_at = InstantField(
        label=_l("From, UTC"),
        required=False,
        help_text=format_lazy(_l("{time_help}. Empty: from now."), time_help=TIME_HELP),
    )
    ends_at = InstantField(label=_l("Until, UTC"), help_text=TIME_HELP)
    note = forms.CharField(
        label=_l("What they take over"),
        required=False,
        max_length=300,
        help_text=_l("Stands in the timeline and in their letter."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_at", "ends_at"):
            self.fields[name].t0 = plan.t0


class InviteForm(OnceForm):
    """Whom to ask for a role; without an address the link is handed over by hand."""

    role = forms.ModelChoiceField(Role.objects.none(), to_field_name="key", empty_label=None)
    name = forms.CharField(label=_l("Name"), max_length=150, required=False)
    email = forms.CharField(
        label=_l("Mail address"),
        max_length=254,
        required=False,
        help_text=_l("Left empty, you get a link to hand over."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, auto_id="invite_%s", **kwargs)
        self.fields["role"].queryset = plan.roles.all()


class RoleForm(OnceForm):
    """A new role."""

    name = forms.CharField(label=_l("Name of the new role"), max_length=100)
    rights = forms.MultipleChoiceField(
        label=_l("It may"),
        required=False,
        choices=Right.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, auto_id="new_role_%s", **kwargs)


class JoinForm(forms.Form):
    """An account for who was asked to take a role. Django's own rules for passwords hold."""

    name = forms.CharField(label=_l("Your name"), max_length=150)
    username = forms.CharField(
        label=_l("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_l("Password"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label=_l("Password again"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict:
        values = super().clean() or {}
        if "password" in values and values["password"] != values.get("password_again"):
            self.add_error("password_again", _("The two passwords differ."))
        return values


# --- the matrix of roles and rights --------------------------------------------------------


@dataclass(frozen=True)
class RoleFields:
    """The fields of one row. ``saved``: what is true now where the form says otherwise."""

    role: Role
    name: forms.BoundField
    rights: list[tuple[str, str, forms.BoundField]]
    starts: forms.BoundField
    ends: forms.BoundField
    saved: str

    @property
    def errors(self) -> list[str]:
        fields = (self.name, self.starts, self.ends)
        return [error for field in fields for error in field.errors]


class RolesForm(OnceForm):
    """Names, rights and coverage of all roles at once; ``seen`` is the state that it was made of.

    Fields are called ``<role's key>.name``, ``.from``, ``.until``, and ``.edit`` and so on.
    """

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.t0 = plan.t0
        roles = list(plan.roles.all())
        self.fields["seen"].initial = roles_state(roles)
        # A role that came after the form was loaded has no fields in it.
        self.roles = [
            role for role in roles if not self.is_bound or f"{role.key}.name" in self.data
        ]
        for role in self.roles:
            self._add(role)

    def _add(self, role: Role) -> None:
        add = self.fields.__setitem__
        add(f"{role.key}.name", forms.CharField(max_length=100, initial=role.name))
        for right in Right.values:
            add(
                f"{role.key}.{right}",
                forms.BooleanField(required=False, initial=right in role.rights),
            )
        for end, seconds in (("from", role.cover_from_s), ("until", role.cover_until_s)):
            text = "" if seconds is None else offset(seconds)
            field = forms.CharField(max_length=40, required=False, initial=text)
            field.widget.attrs = {"size": 9, "autocomplete": "off"}
            add(f"{role.key}.{end}", field)

    def clean(self) -> dict:
        values = super().clean() or {}
        for role in self.roles:
            values[role.key] = self._cover(role.key, values)
        return values

    def _cover(self, key: str, values: dict) -> tuple[int, int] | None:
        ends = [self._seconds(f"{key}.{end}", values) for end in ("from", "until")]
        if ends == [None, None]:
            return None
        if None in ends:
            if not any(self.has_error(f"{key}.{end}") for end in ("from", "until")):
                self.add_error(f"{key}.until", _("Give both ends of the coverage, or neither."))
            return None
        if ends[1] <= ends[0]:
            self.add_error(f"{key}.until", _("The coverage ends before it begins."))
        return ends[0], ends[1]

    def _seconds(self, name: str, values: dict) -> int | None:
        text = values.get(name)
        if not text:
            return None
        seconds = offset_of(text)
        if seconds is None and self.t0 is not None:
            at = instant_of(text, timezone.now(), self.t0)
            seconds = round((at - self.t0).total_seconds()) if at else None
        if seconds is None:
            self.add_error(
                name,
                _("{text!r} is no offset. Write T-2h or T+1d, both from T0.").format(text=text),
            )
        return seconds

    def wishes(self) -> dict[str, RoleWish]:
        """What the roles shall be, by key; of the cleaned form."""
        return {role.key: self._wish(role.key) for role in self.roles}

    def _wish(self, key: str) -> RoleWish:
        values = self.cleaned_data
        rights = frozenset(right for right in Right.values if values.get(f"{key}.{right}"))
        return RoleWish(values.get(f"{key}.name", ""), rights, values.get(key))

    def seen_again(self, plan: DeploymentPlan) -> None:
        """After a conflict: what was chosen stays, and saving it once more is deliberate."""
        self.data = self.data.copy()
        self.data["seen"] = roles_state(plan.roles.all())

    def row(self, role: Role) -> RoleFields | None:
        if f"{role.key}.name" not in self.fields:
            return None
        rights = [(r, Right(r).head, self[f"{role.key}.{r}"]) for r in Right.values]
        return RoleFields(
            role=role,
            name=self[f"{role.key}.name"],
            rights=rights,
            starts=self[f"{role.key}.from"],
            ends=self[f"{role.key}.until"],
            saved=self._saved(role),
        )

    def _saved(self, role: Role) -> str:
        if not self.is_bound or not hasattr(self, "cleaned_data"):
            return ""
        if is_so(role, self._wish(role.key)):
            return ""
        rights = [right for right in Right.values if right in role.rights]
        return _("saved as {role}: {rights}").format(
            role=role.name, rights=", ".join(rights) or _("reads along")
        )
