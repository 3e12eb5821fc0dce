import json
import re
from typing import Any

from django.utils.translation import gettext as _

from warroom.actions.again import carried_out_again
from warroom.actions.change import change
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, TimelineEvent, User

NOTE_LIMIT = 4000
DATA_LIMIT = 16_000  # characters of JSON
EXTERNAL = re.compile(r"[a-z][a-z0-9_]{0,30}\.[a-z][a-z0-9_]{0,30}")


@carried_out_again
def add_note(
    plan: DeploymentPlan, text: str, *, by: User, request_id: str | None = None
) -> TimelineEvent | None:
    """Put a person's note on the timeline. None when the same request did so before."""
    text = _checked(text)
    with change(plan, by=by, right="tick", request_id=request_id, when_closed=True) as note:
        return None if note.repeated else note.record("note.added", text)


@carried_out_again
def add_external(
    plan: DeploymentPlan,
    kind: str,
    text: str,
    *,
    by: User,
    data: dict[str, Any] | None = None,
    request_id: str | None = None,
) -> TimelineEvent | None:
    """Put a pipeline's event on the timeline, as ``external.<kind>``: it passes for none of ours.

    None when the same request did so before. Raises Invalid for a kind that is not like
    ``build.finished``, NotAllowed without the right to tick.
    """
    if not EXTERNAL.fullmatch(kind):
        raise Invalid(
            "kind", _("A kind is two words with a point, in small letters: build.finished.")
        )
    data = data or {}
    if len(json.dumps(data)) > DATA_LIMIT:
        raise Invalid(
            "data",
            _("The data has more than {data_limit} characters.").format(data_limit=DATA_LIMIT),
        )
    text = _checked(text)
    with change(plan, by=by, right="tick", request_id=request_id, when_closed=True) as event:
        return None if event.repeated else event.record(f"external.{kind}", text, body=data)


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid("text", _("The note is empty. Write what happened."))
    if len(text) > NOTE_LIMIT:
        raise Invalid(
            "text",
            _("The note has {count} characters; {note_limit} are allowed.").format(
                count=len(text), note_limit=NOTE_LIMIT
            ),
        )
    return text
