"""What the forms of all floors are made of."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from warroom.actions.refusals import Refused
from warroom.documents.source import LIMIT_BYTES
from warroom.rules.typed import instant_of


def sample_time(clock: str = "22:00") -> str:
    """Tomorrow (UTC) at a clock time, as it is typed: an example that could be meant."""
    return f"{timezone.now() + timedelta(days=1):%Y-%m-%d} {clock}"


TIME_HELP = lazy(
    lambda: _("{sample_time}, 22:00 or T+12h").format(sample_time=sample_time()), str
)()
T0_FORMATS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S"]
NAME_LIMIT = 200  # of a file


# Several forms of a page have such a field: an id that two elements had would name neither.
WITHOUT_ID = {"id": False}


class OnceForm(forms.Form):
    """A form that is carried out once, however often it is sent."""

    request_id = forms.CharField(
        max_length=64, required=False, widget=forms.HiddenInput(attrs=WITHOUT_ID)
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["request_id"].initial = lambda: uuid4().hex

    def refuse(self, refused: Refused) -> None:
        """Show why an action refused, beside its field where there is one."""
        field = getattr(refused, "field", None)
        self.add_error(field if field in self.fields else None, refused.sentence)


class InstantField(forms.CharField):
    """An instant: UTC text, the next time of a clock, or an offset from the plan's T0."""

    def __init__(self, *args, t0: datetime | None = None, **kwargs) -> None:
        super().__init__(*args, max_length=40, **kwargs)
        self.t0 = t0

    def clean(self, value) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        at = instant_of(text, timezone.now(), self.t0)
        if at is None:
            raise forms.ValidationError(
                _("{text!r} is no time. Write {time_help}; times are UTC.").format(
                    text=text, time_help=TIME_HELP
                )
            )
        return at


def given_document(said: Mapping[str, Any]) -> tuple[bytes | str, str]:
    """The chosen file or the pasted text of a cleaned form, and the file's name or "".

    A file is read no further than the limit, by which it is refused.
    """
    upload = said.get("file")
    if upload is not None:
        return upload.read(LIMIT_BYTES + 1), (upload.name or "")[:NAME_LIMIT]
    # Browsers send a text field with Windows line ends, whatever was pasted.
    return said["text"].replace("\r\n", "\n"), ""
