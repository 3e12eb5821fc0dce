from warroom.actions.change import change
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, TimelineEvent, User

NOTE_LIMIT = 4000


def add_note(
    plan: DeploymentPlan, text: str, *, by: User, request_id: str | None = None
) -> TimelineEvent | None:
    """Put a person's note on the timeline. None when the same request did so before."""
    text = text.strip()
    if not text:
        raise Invalid("text", "The note is empty. Write what happened.")
    if len(text) > NOTE_LIMIT:
        raise Invalid("text", f"The note has {len(text)} characters; {NOTE_LIMIT} are allowed.")
    with change(plan, by=by, right="tick", request_id=request_id) as note:
        return None if note.repeated else note.record("note.added", text)
