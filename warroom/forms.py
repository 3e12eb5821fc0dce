from django import forms

from warroom.models import DeploymentPlan, Role, User


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
