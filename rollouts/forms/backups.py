"""What people fill in about backups."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import RollbackRun
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan
from warroom.rules.wording import day_text

LIMIT_BYTES = 50 * 1024 * 1024
EXAMPLE = """{
  "timestamp": "20251015_063700",
  "environment": "staging",
  "git_sha": "3d97ee29ac7d436641e6238ec8e831bc50221c9b",
  "git_branch": "main",
  "backup_size": "700K"
}"""


class RegisterForm(OnceForm):
    """The metadata of a backup, pasted as its script wrote them."""

    metadata = forms.CharField(
        max_length=20_000,
        label=_l("Its metadata, as JSON"),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "placeholder": EXAMPLE}),
        help_text=_l("A timestamp without a zone is UTC. Keys that are not known are kept."),
    )

    def clean_metadata(self) -> dict[str, Any]:
        try:
            found = json.loads(self.cleaned_data["metadata"])
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("That is no JSON. Paste the file as it is.")) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(_("That is no JSON object: {…} with the metadata."))
        return found

    def refuse(self, refused) -> None:
        """Every key stands in the one field."""
        named = getattr(refused, "field", "")
        said = f"{named}: {refused.sentence}" if named not in ("", "metadata") else refused.sentence
        self.add_error("metadata" if named else None, said)


class VerifyForm(OnceForm):
    """What somebody came to who read the file back: its checksum, or the file itself."""

    sha256 = forms.CharField(
        required=False,
        max_length=700,
        label=_l("SHA-256 of the file"),
        help_text=_l("The line that sha256sum prints."),
    )
    file = forms.FileField(
        required=False,
        label=_l("Or the file itself"),
        help_text=_l("Up to 50 MB. It is read for its checksum and not kept."),
    )
    how = forms.CharField(
        required=False,
        max_length=200,
        label=_l("How"),
        help_text=_l("sha256sum on the backup host"),
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file is not None and file.size > LIMIT_BYTES:
            raise forms.ValidationError(
                _("The file has more than 50 MB. Read it where it lies: sha256sum <file>.")
            )
        return file

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not given.get("sha256") and not given.get("file") and not self.errors:
            self.add_error("sha256", _("Give the checksum that was read, or the file."))
        return given

    @property
    def said(self) -> dict[str, Any]:
        """What ``verify_backup`` takes; a file is read in pieces."""
        given = self.cleaned_data
        file = given["file"]
        if file is None:
            return {"sha256": given["sha256"], "how": given["how"]}
        digest = hashlib.sha256()
        for piece in file.chunks():
            digest.update(piece)
        how = given["how"] or _("uploaded {file}").format(file=file.name)[:200]
        return {"sha256": digest.hexdigest(), "size_bytes": file.size, "how": how}


class RunChoice(forms.ModelChoiceField):
    def label_from_instance(self, run: RollbackRun) -> str:
        return f"{run}, {day_text(run.started_at)} {run.started_at.year}: {run.name}"


class RestoredForm(OnceForm):
    """In which run it was restored."""

    run = RunChoice(RollbackRun.objects.none(), label=_l("Restored in"), empty_label=None)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run"].queryset = RollbackRun.objects.filter(plan=plan)
